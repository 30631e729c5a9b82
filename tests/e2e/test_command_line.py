"""What a user types, sees, and gets as an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.job import parse_job
from phase_worker.contract import verify_trace
from tests.fakes.command_line import Finished, FinishedRun, daybreak, environment, phases_of
from tests.fakes.scripted_jobs import phase, write_bars, write_job

WINDOWS = 2
PHASES = 2 + 3 * WINDOWS


def assert_users_mistake(finished: Finished, *said: str) -> None:
    """Exit code 2, and a message on stderr that a user can read."""
    assert finished.returncode == 2, finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""
    for text in said:
        assert text in finished.stderr


def test_json_is_one_document_and_nothing_else_on_stdout(walk_forward: FinishedRun) -> None:
    again = daybreak(walk_forward.folder, "run", walk_forward.job, "--json")
    assert again.returncode == 0
    document = json.loads(again.stdout)
    assert document == walk_forward.result
    assert document["success"] is True
    assert len(phases_of(document)) == PHASES
    assert len(again.stderr.splitlines()) == PHASES, "progress goes to stderr"


def test_the_result_document_has_what_the_issue_names(walk_forward: FinishedRun) -> None:
    result = walk_forward.result
    assert (result["workflow_id"], result["workflow"]) == ("wf-1", "walk_forward")
    wanted = "fills final_equity sharpe_ratio sortino_ratio max_drawdown cagr exposure trials"
    assert set(result["summary"]) >= {*wanted.split(), "walk_forward_efficiency"}
    assert (result["summary"]["windows"], result["summary"]["out_of_sample_bars"]) == (WINDOWS, WINDOWS * 60)
    assert [set(params) >= {"fast", "slow"} for params in result["summary"]["chosen_parameters"]] == [True] * WINDOWS
    for name, entry in phases_of(result).items():
        assert entry["status"] == "completed"
        assert entry["trace"] == str(walk_forward.paths.trace(name))
        assert entry["digest"] == verify_trace(Path(entry["trace"])).sha256
        assert entry["resources"]["wall_s"] > 0
        assert entry["resources"]["peak_memory_bytes"] > 2**20


def test_extracted_results_of_every_phase_are_lists_of_dicts(walk_forward: FinishedRun) -> None:
    phases = phases_of(walk_forward.result)
    for entry in phases.values():
        categories = entry["extracted_results"]
        assert categories
        assert all(isinstance(row, dict) for rows in categories.values() for row in rows)
    assert len(phases["train-01"]["extracted_results"]["portfolio_metrics"]) == 4
    assert phases["train-01"]["extracted_results"]["fills"] == []
    assert len(phases["select-01"]["extracted_results"]["selections"]) == 1
    assert len(phases["out-of-sample"]["extracted_results"]["windows"]) == WINDOWS
    fills = sum(len(phases[f"test-0{n}"]["extracted_results"]["fills"]) for n in range(1, WINDOWS + 1))
    assert fills == walk_forward.result["summary"]["fills"] > 0


def test_a_run_ends_in_a_table_with_its_sharpe_ratio(walk_forward: FinishedRun) -> None:
    finished = daybreak(walk_forward.folder, "run", walk_forward.job)
    assert finished.returncode == 0
    lines = finished.stdout.split("\n")
    sharpe = [line.split() for line in lines if line.startswith("sharpe_ratio")]
    assert sharpe == [["sharpe_ratio", f"{walk_forward.result['summary']['sharpe_ratio']:.4f}"]]
    assert lines[-2] == "run wf-1: traces/wf-1"


def test_a_failed_phase_is_told_and_the_exit_code_is_1(tmp_path: Path) -> None:
    write_job(tmp_path, {"good": phase(["publish"]), "bad": phase(["stumble"])})
    finished = daybreak(tmp_path, "run", "job.yaml")
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert "bad failed: ValueError: cannot take thunder" in finished.stdout
    assert "2 phases completed, 1 failed, 0 skipped" in finished.stdout
    assert daybreak(tmp_path, "status").stdout.splitlines()[1].split()[1:] == ["failed", "wf-1"]
    shown = daybreak(tmp_path, "status", "wf-1").stdout
    assert shown.startswith("wf-1: failed, started ")
    assert "ValueError: cannot take thunder" in shown


def test_a_setting_changes_the_job_and_is_recorded(tmp_path: Path) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    finished = daybreak(tmp_path, "run", "job.yaml", "--set", "execution.cash=5000", "--workflow-id", "night.1")
    assert finished.returncode == 0, finished.stderr
    recorded = json.loads((tmp_path / "traces" / "night.1" / "run.json").read_text())
    assert recorded["job"]["execution"]["cash"] == 5000.0
    assert (recorded["state"], recorded["phases"]) == ("done", {"data": "completed", "one": "completed"})
    assert parse_job(recorded["job"]).execution.cash == 5000.0


def test_traces_go_where_they_are_wanted(tmp_path: Path) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    finished = daybreak(tmp_path, "run", "job.yaml", "--traces", "out/of/the/way")
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "out/of/the/way/wf-1_one.jsonl").is_file()
    assert not (tmp_path / "traces").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["run"], ["workflow: error E-SCHEMA: missing", "data: error E-SCHEMA: missing"], id="no-job"),
        pytest.param(["run", "missing.yaml"], ["missing.yaml"], id="no-such-job"),
        pytest.param(["run", "."], ["error E-FILETYPE"], id="a-directory"),
        pytest.param(["run", "job.yaml", "--slots", "0"], ["--slots"], id="no-slots"),
        pytest.param(["run", "job.yaml", "--set", "cash"], ["'cash' is not KEY.PATH=VALUE"], id="no-value"),
        pytest.param(["run", "job.yaml", "--set", "cash=1"], ["unknown key 'cash'"], id="unknown-key"),
        pytest.param(["run", "job.yaml", "--set", "strategy=momentun"], ["mean 'momentum'?"], id="unknown-strategy"),
        pytest.param(["run", "job.yaml", "--workflow-id", "../x"], ["error E-ID"], id="bad-id"),
        pytest.param(["run", "job.yaml", "--traces", "SPY.csv"], ["SPY.csv"], id="traces-is-a-file"),
        pytest.param(["status", "wf-2"], ["no run 'wf-2'"], id="unknown-run"),
        pytest.param(["components", "strategies"], ["Did you mean 'strategy'?"], id="unknown-type"),
        pytest.param(["trace", "verify", "missing.jsonl"], ["missing.jsonl"], id="no-such-trace"),
        pytest.param(["trace", "look", "SPY.csv"], ["look"], id="unknown-look"),
        pytest.param(["nonsense"], ["nonsense"], id="unknown-command"),
        pytest.param(["chek"], ["Did you mean 'check'?"], id="misspelt-command"),
        pytest.param([], ["usage: daybreak COMMAND"], id="no-command"),
    ],
)
def test_a_users_mistake_is_told_without_a_traceback_and_the_exit_code_is_2(
    tmp_path: Path, arguments: list[str], said: list[str]
) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    assert_users_mistake(daybreak(tmp_path, *arguments), *said)


def test_windows_that_do_not_fit_the_data_are_the_users_mistake(tmp_path: Path) -> None:
    write_bars(tmp_path, 30)
    settings = ("workflow=walk_forward", "strategy=momentum", "data_file=SPY.csv")
    arguments = [text for setting in settings for text in ("--set", setting)]
    finished = daybreak(tmp_path, "run", *arguments, "--workflow-id", "wf-1")
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
    assert "the data has 30 bars, but one window needs train 1008" in finished.stderr
    assert daybreak(tmp_path, "status").stdout.splitlines()[1].split()[1:] == ["failed", "wf-1"]


def test_check_shows_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    write_bars(tmp_path, 30)
    (tmp_path / "good.yaml").write_text("workflow: backtest\nstrategy: momentum\ndata_file: SPY.csv\n")
    (tmp_path / "bad.yaml").write_text("workflow: backtst\nstrategy: momentum\ndata_file: QQQ.csv\nslots: 3\n")
    (tmp_path / "worse.yaml").write_text("workflow: backtest\nworkflow: backtest\n")
    finished = daybreak(tmp_path, "check", "bad.yaml", "good.yaml", "worse.yaml", "missing.yaml")
    assert finished.returncode == 2
    assert finished.stdout == "good.yaml: ok\n"
    mistakes = finished.stderr.splitlines()
    assert "Traceback" not in finished.stderr
    for place, code in [
        ("bad.yaml:1:11", "E-SCHEMA: workflow: unknown workflow 'backtst'"),
        ("bad.yaml:3:12", "E-NOFILE: data.file"),
        ("bad.yaml:4:1", "E-SCHEMA: slots: unknown key 'slots'"),
        ("worse.yaml:2:1", "E-DUPKEY"),
    ]:
        assert any(place in line and f"error {code}" in line for line in mistakes), (place, mistakes)
    assert any("missing.yaml" in line for line in mistakes)
    assert not (tmp_path / "traces").exists()


def test_check_of_good_files_is_a_success(tmp_path: Path) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    finished = daybreak(tmp_path, "check", "job.yaml")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "job.yaml: ok\n", "")


def test_a_finished_run_is_shown_as_done_with_its_phases(walk_forward: FinishedRun) -> None:
    listed = daybreak(walk_forward.folder, "status")
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[1].split()[1:] == ["done", "wf-1"]
    shown = daybreak(walk_forward.folder, "status", "wf-1").stdout.splitlines()
    assert shown[0].startswith("wf-1: done, started ")
    assert sorted(line.split()[0] for line in shown[1:]) == sorted(phases_of(walk_forward.result))
    assert {line.split()[1] for line in shown[1:]} == {"completed"}


def test_a_trace_can_be_summed_up_listed_followed_and_verified(walk_forward: FinishedRun) -> None:
    trace = phases_of(walk_forward.result)["test-01"]["trace"]
    digest = phases_of(walk_forward.result)["test-01"]["digest"]

    summary = daybreak(walk_forward.folder, "trace", "summary", trace, "--json")
    assert json.loads(summary.stdout)["event_types"]["PORTFOLIO_METRICS"] == 1
    verified = daybreak(walk_forward.folder, "trace", "verify", trace)
    assert verified.returncode == 0
    assert digest in verified.stdout
    listed = daybreak(walk_forward.folder, "trace", "events", trace, "--type", "FILL", "--limit", "1")
    (fill,) = [json.loads(line) for line in listed.stdout.splitlines()]
    chain = daybreak(walk_forward.folder, "trace", "chain", trace, fill["event_id"])
    assert chain.returncode == 0
    places = [chain.stdout.index(name) for name in ("SIGNAL", "RISK_DECISION", "ORDER", "FILL")]
    assert places == sorted(places), chain.stdout


def test_a_trace_that_was_changed_does_not_verify(walk_forward: FinishedRun, tmp_path: Path) -> None:
    content = Path(phases_of(walk_forward.result)["test-01"]["trace"]).read_bytes()
    (tmp_path / "cut.jsonl").write_bytes(content[:-9])
    (tmp_path / "edited.jsonl").write_bytes(content.replace(b'"side":"BUY"', b'"side":"BYE"'))
    for name in ("cut.jsonl", "edited.jsonl"):
        finished = daybreak(tmp_path, "trace", "verify", name)
        assert finished.returncode == 1
        assert name in finished.stderr
        assert "Traceback" not in finished.stderr


def test_components_are_listed_with_their_parameters(tmp_path: Path) -> None:
    finished = daybreak(tmp_path, "components", "strategy")
    assert finished.returncode == 0
    names = [line.split()[1].partition("(")[0] for line in finished.stdout.splitlines()]
    ours = "bollinger buy_and_hold donchian_breakout ema_cross macd_trend momentum rsi_reversion sma_cross"
    assert names == [*ours.split(), "variable_moving_average"]
    assert "sma_cross(fast=10, slow=30)" in finished.stdout
    all_types = {line.split()[0] for line in daybreak(tmp_path, "components").stdout.splitlines()}
    assert all_types >= {"workflow", "topology", "extractor", "strategy", "feature", "sizer"}


def test_help_needs_nothing(tmp_path: Path) -> None:
    for command in ([], ["run"]):
        finished = daybreak(tmp_path, *command, "--help")
        assert finished.returncode == 0, finished.stderr
        assert "usage" in finished.stdout.lower()


def test_output_that_nobody_can_take_needs_no_traceback(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    full = os.open("/dev/full", os.O_WRONLY)
    for stdout, said in ((full, "error E-TRANSIENT: [Errno 28] No space left on device"), (write_end, "")):
        command = [sys.executable, "-P", "-m", "orchestrator", "components"]
        finished = subprocess.run(
            command, cwd=tmp_path, env=environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )
        os.close(stdout)
        assert finished.returncode == 1
        assert finished.stderr.partition(".")[0] == said

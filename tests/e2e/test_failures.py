"""A phase that goes wrong is reported as what it is; its dependents are skipped, the rest is finished."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.command_line import daybreak, phases_of, run_json, states
from tests.fakes.scripted_jobs import phase, write_job, write_walk_forward
from tests.fakes.scripted_phases import Step, recorded_pids, survivors

LEAVE: list[Step] = [["leave daemon"], ["leave daemon", {}]]  # with the phase's environment, and with none
LIMITS = {"memory": "256MiB", "time": "4s"}

# How each phase goes wrong: its steps, and then the state, error code, exit code and words that tell of it.
WRONG: dict[str, tuple[list[Step], tuple[str, str, int, str]]] = {
    "raises": ([["publish"], *LEAVE, ["raise"]], ("failed", "E-RAISED", 70, "RuntimeError: the plugin has a bug")),
    "stumbles": ([["stumble"]], ("failed", "E-RAISED", 70, "cannot take thunder")),
    "silent": ([], ("failed", "E-CONFIG", 78, "published no event")),
    "killed": ([["publish"], *LEAVE, ["die"]], ("failed", "E-SIGNAL", -9, "SIGKILL")),
    "hoards": ([["publish"], *LEAVE, ["hoard"]], ("failed", "E-MEMORY", 71, "256 MiB")),
    "lingers": ([["publish"], *LEAVE, ["sleep"]], ("timed_out", "E-TIMEOUT", -15, "4 s")),
}


@dataclass(frozen=True)
class FailedRun:
    """A run in which a phase has gone wrong in each way, each with a dependent; and one phase with a good one."""

    folder: Path
    result: dict[str, Any]


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> FailedRun:
    folder = tmp_path_factory.mktemp("failed")
    phases = {name: phase(*steps) for name, (steps, _) in WRONG.items()}
    phases |= {f"after-{name}": phase(["publish"], after=(name,)) for name in WRONG}
    phases |= {"good": phase(["publish"]), "after-good": phase(["read inputs"], after=("good",))}
    phases |= {"last": phase(["publish"], after=("after-good", "after-killed"))}
    job = write_job(folder, phases, resources=LIMITS)
    return FailedRun(folder, run_json(folder, job, "--slots", 2, code=1))


@pytest.mark.parametrize("name", WRONG)
def test_a_phase_that_goes_wrong_is_reported_as_what_it_is(failed: FailedRun, name: str) -> None:
    entry = phases_of(failed.result)[name]
    status, code, exit_code, words = WRONG[name][1]
    assert (entry["status"], entry["error"]["code"], entry["exit_code"]) == (status, code, exit_code)
    assert words in entry["error"]["message"]
    assert entry["digest"] == ""
    assert not (failed.folder / "traces" / f"wf-1_{name}.jsonl").exists()


@pytest.mark.parametrize("name", ["raises", "stumbles"])
def test_the_traceback_of_a_plugins_bug_is_in_the_log_that_the_message_names(failed: FailedRun, name: str) -> None:
    log = failed.folder / "traces" / "wf-1" / f"{name}.log"
    assert str(log) in phases_of(failed.result)[name]["error"]["message"]
    assert "Traceback (most recent call last)" in log.read_text()
    assert "scripted_topologies.py" in log.read_text()


def test_dependents_are_skipped_and_the_rest_is_finished(failed: FailedRun) -> None:
    ended = states(failed.result)
    assert {name: ended[name] for name in ended if name.startswith("after-") and name != "after-good"} == {
        f"after-{name}": "skipped" for name in WRONG
    }
    assert (ended["data"], ended["good"], ended["after-good"], ended["last"]) == (*["completed"] * 3, "skipped")
    error = phases_of(failed.result)["last"]["error"]
    assert error == {"code": "E-SKIPPED", "message": "not started: 'after-killed' skipped"}
    assert failed.result["success"] is False
    assert failed.result["summary"] == {}


def test_nothing_of_their_process_trees_is_left_alive(failed: FailedRun) -> None:
    run_dir = failed.folder / "traces" / "wf-1"
    assert len(recorded_pids(run_dir)) == 4 * 4
    assert survivors(run_dir) == []


def test_the_failure_is_shown_as_such(failed: FailedRun) -> None:
    assert daybreak(failed.folder, "status").stdout.splitlines()[1].split()[1] == "failed"
    shown = daybreak(failed.folder, "status", "wf-1").stdout
    assert "after-killed     skipped" in shown
    assert "lingers          timed_out" in shown


def test_the_run_can_be_started_again_and_tries_only_what_failed(tmp_path: Path) -> None:
    steps = [["publish"], ["wait for", "go"]]
    job = write_job(tmp_path, {"good": phase(["publish"]), "late": phase(*steps)}, resources=LIMITS)
    first = run_json(tmp_path, job, "--set", "resources.time=1s", code=1)
    assert states(first) == {"data": "completed", "good": "completed", "late": "timed_out"}
    good = tmp_path / "traces" / "wf-1_good.jsonl"
    before = good.stat().st_ino

    (tmp_path / "traces" / "wf-1" / "go").touch()
    again = run_json(tmp_path, job)
    assert set(states(again).values()) == {"completed"}
    assert good.stat().st_ino == before


def test_a_strategy_that_raises_fails_its_phases_and_the_other_windows_are_finished(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        '"""Mine."""\n'
        "import numpy as np\n"
        "from phase_worker.discovery import Int, strategy\n"
        '@strategy(name="choosy", params={"level": Int(1, 0, 1, grid=(0, 1))})\n'
        "def choosy(bars, *, level):\n"
        "    if len(bars) == 250:\n"
        "        raise ValueError('not these bars')\n"
        "    return np.full(len(bars), float(level))\n"
    )
    job = write_walk_forward(tmp_path, strategy="choosy", plugins=["mine.py"])
    result = run_json(tmp_path, job, code=1)
    assert states(result) == {
        "data": "completed",
        "train-01": "failed",
        "select-01": "skipped",
        "test-01": "skipped",
        "train-02": "completed",
        "select-02": "completed",
        "test-02": "completed",
        "out-of-sample": "skipped",
    }
    assert "ValueError: not these bars" in phases_of(result)["train-01"]["error"]["message"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param("timestamp,open,high,low,close,volume\n", "E-", id="no-bars"),
        pytest.param("", "E-", id="empty"),
        pytest.param("timestamp,open\n2020-01-01,1\n", "E-COLUMNS", id="columns-missing"),
        pytest.param(
            "timestamp,open,high,low,close,volume\n2020-01-02,1,1,1,1,1\n2020-01-01,1,1,1,1,1\n2020-01-03,1,1,1,1,1\n",
            "E-TS-ORDER",
            id="unsorted",
        ),
    ],
)
def test_data_that_cannot_be_trusted_fails_the_data_phase(tmp_path: Path, content: str, code: str) -> None:
    (tmp_path / "bad.csv").write_text(content)
    job = write_job(tmp_path, {"one": phase(["publish"])}, data_file="bad.csv")
    result = run_json(tmp_path, job, code=1)
    assert states(result) == {"data": "failed"}
    error = phases_of(result)["data"]["error"]
    assert error["code"].startswith(code)
    assert "bad.csv" in error["message"]
    assert phases_of(result)["data"]["exit_code"] == 65


def test_a_component_that_cannot_be_imported_fails_its_phase_with_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        '"""Broken."""\nimport nowhere\nfrom phase_worker.discovery import topology\n'
        '@topology(name="broken")\ndef broken(context):\n    """Never called."""\n'
    )
    phases = {"one": {"topology": "broken"}}
    result = run_json(tmp_path, write_job(tmp_path, phases, plugins=["broken.py"]), code=1)
    error = phases_of(result)["one"]["error"]
    assert error["code"] == "E-COMPONENT"
    assert "broken.py" in error["message"]
    assert "No module named 'nowhere'" in error["message"]

"""The page of a run, as the command line writes it and writes it again."""

from pathlib import Path

import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import FinishedRun, daybreak, digests, phases_of, run_json, states
from tests.fakes.scripted_jobs import phase, write_job, write_walk_forward


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A walk-forward whose own phases have little memory and time, with its report."""
    folder = tmp_path_factory.mktemp("reported")
    job = write_walk_forward(folder, report=True, resources={"memory": "128MiB", "time": "30s"})
    return FinishedRun(folder, job, run_json(folder, job))


def test_the_report_is_the_last_phase_and_the_summary_is_not_its(reported: FinishedRun) -> None:
    assert list(phases_of(reported.result))[-2:] == ["out-of-sample", "report"]
    assert set(states(reported.result).values()) == {"completed"}
    assert reported.result["result_phase"] == "out-of-sample"
    assert reported.result["summary"]["windows"] == 2
    assert Path(reported.result["report"]).read_text().startswith("<!doctype html>")


def test_run_prints_where_the_report_is(reported: FinishedRun) -> None:
    lines = daybreak(reported.folder, "run", reported.job).stdout.splitlines()
    assert lines[-1] == "report: traces/wf-1/report.html"
    assert any(line.startswith("sharpe_ratio") for line in lines)


def test_a_page_that_was_deleted_is_written_again_on_request(reported: FinishedRun) -> None:
    page = reported.paths.report
    before = page.read_text()
    page.unlink()
    assert digests(run_json(reported.folder, reported.job)) == digests(reported.result), "what is sealed is not run"
    finished = daybreak(reported.folder, "report", "wf-1")
    assert (finished.returncode, finished.stdout) == (0, f"{page}\n"), finished.stderr
    assert len(page.read_text()) == len(before)


def test_a_run_without_a_report_gets_one_later_and_repeats_nothing(tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path)
    without = run_json(tmp_path, job)
    assert without["report"] is None
    refused = daybreak(tmp_path, "report", "wf-1")
    assert refused.returncode == 2
    assert "E-NOREPORT" in refused.stderr
    later = run_json(tmp_path, job, "--set", "report=true")
    assert digests(later).items() > digests(without).items()
    assert RunPaths(tmp_path / "traces", "wf-1").report.exists()


def test_a_run_that_fails_has_no_report(tmp_path: Path) -> None:
    result = run_json(tmp_path, write_job(tmp_path, {"one": phase(["raise"])}, report=True), code=1)
    assert states(result) == {"data": "completed", "one": "failed", "report": "skipped"}
    assert result["report"] is None
    assert not RunPaths(tmp_path / "traces", "wf-1").report.exists()


def test_phases_of_the_users_own_have_a_report_too(tmp_path: Path) -> None:
    result = run_json(tmp_path, write_job(tmp_path, {"one": phase(["publish"])}, report=True))
    assert "The phase one published no figures." in Path(result["report"]).read_text()


def test_the_report_has_the_same_digest_whatever_else_differs(reported: FinishedRun, tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path, report=True, workflow_id="other")
    cold = run_json(tmp_path, job, "--slots", 1, "--start", "cold")
    assert digests(cold)["report"] == digests(reported.result)["report"]

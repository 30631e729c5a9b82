"""`daybreak cluster` in this process, on a fake Slurm that runs a job as it is submitted."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Coordinator
from orchestrator.cli import run_command
from orchestrator.cluster.paths import submissions_record
from phase_worker.contract import PhaseOutcome, RunPaths
from tests.fakes.command_line import digests, run_json, states
from tests.fakes.scripted_jobs import phase, write_conditional, write_job, write_walk_forward

GRAPH = ("--shape", "graph", "--group", "1")


@pytest.fixture
def folder(scheduler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a fake Slurm."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def paths(folder: Path) -> RunPaths:
    return RunPaths(folder / "traces", "wf-1")


def cluster(*words: object, code: int = 0) -> None:
    assert run_command(["cluster", *map(str, words)]) == code


def collected(capfd: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    capfd.readouterr()
    cluster("collect", "wf-1", "--json", code=code)
    result: dict[str, Any] = json.loads(capfd.readouterr().out)
    return result


@pytest.mark.parametrize("shape", ["allocation", "graph"])
def test_what_was_submitted_is_collected_as_from_a_local_run(
    folder: Path, shape: str, capfd: pytest.CaptureFixture[str]
) -> None:
    job = write_walk_forward(folder)
    cluster("submit", job, "--shape", shape)
    cluster("status", "wf-1")
    assert "7 phases: 7 completed" in capfd.readouterr().out
    cluster("collect", "wf-1")
    assert "sharpe_ratio" in capfd.readouterr().out
    assert digests(collected(capfd)) == digests(run_json(folder, job, "--traces", "local"))
    cluster("resubmit", "wf-1")
    assert "nothing to submit" in capfd.readouterr().out
    cluster("cancel", "wf-1")
    assert "0 scheduler jobs cancelled" in capfd.readouterr().out


def test_what_failed_is_told_of_and_sent_again(
    folder: Path, paths: RunPaths, capfd: pytest.CaptureFixture[str]
) -> None:
    phases = {
        "a": phase(["publish"]),
        "b-1": phase(["die once", "dead"], ["publish"], after=("a",)),
        "b-2": phase(["publish"], after=("a",)),
        "join": phase(["read inputs"], after=("b-1", "b-2")),
    }
    cluster("submit", write_job(folder, phases), *GRAPH)
    cluster("status", "wf-1", code=1)
    said = capfd.readouterr().out
    assert "4 phases: 2 completed, 1 failed, 1 skipped" in said
    assert "b-1 failed: the phase was killed by SIGKILL" in said
    assert "Job 2_1 FAILED, log: " in said
    result = collected(capfd, code=1)
    assert states(result) == {
        "data": "completed",
        "a": "completed",
        "b-1": "failed",
        "b-2": "completed",
        "join": "skipped",
    }

    cluster("resubmit", "wf-1", *GRAPH)
    assert set(states(collected(capfd)).values()) == {"completed"}
    assert result["results"]["phase_results"]["b-2"]["digest"] == digests(collected(capfd))["b-2"]


def test_a_run_whose_outcomes_are_lost_is_collected_from_its_traces(
    folder: Path, paths: RunPaths, capfd: pytest.CaptureFixture[str]
) -> None:
    cluster("submit", write_walk_forward(folder))
    whole = collected(capfd)
    before = paths.trace("test-01").stat()
    for name in ("data", "test-01", "out-of-sample"):
        paths.outcome(name).unlink()
    again = collected(capfd)
    assert digests(again) == digests(whole)
    assert again["summary"] == whole["summary"]
    assert paths.trace("test-01").stat() == before


def test_a_trace_that_was_changed_is_not_collected(
    folder: Path, paths: RunPaths, capfd: pytest.CaptureFixture[str]
) -> None:
    cluster("submit", write_walk_forward(folder))
    content = paths.trace("test-01").read_bytes()
    paths.trace("test-01").write_bytes(content.replace(b"2", b"3", 1))
    result = collected(capfd, code=1)
    assert states(result)["test-01"] == "failed"


def test_what_was_never_submitted_is_pending_and_resubmit_sends_it(
    folder: Path, paths: RunPaths, capfd: pytest.CaptureFixture[str]
) -> None:
    """As after a submitter that was killed before its first sbatch, and one that Slurm has lost."""
    cluster("submit", write_walk_forward(folder), *GRAPH)
    record = submissions_record(paths)
    lines = record.read_text().splitlines(keepends=True)
    for trace in paths.traces_dir.glob("*.jsonl"):
        trace.unlink()
    for outcome in paths.run_dir.glob("t*.outcome.json"):
        outcome.unlink()
    (folder / "scheduler" / "jobs.jsonl").unlink()
    cluster("status", "wf-1", code=1)
    assert "is not known to the scheduler any more" in capfd.readouterr().out
    record.write_text(lines[0])
    cluster("status", "wf-1")
    assert "has not been submitted" in capfd.readouterr().out
    record.unlink()
    cluster("status", "wf-1")
    assert "not submitted yet" in capfd.readouterr().out


def test_a_scheduler_that_refuses_is_told_of_and_the_rest_can_be_sent(
    folder: Path, scheduler: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job = write_walk_forward(folder)
    (scheduler / "sbatch.broken").touch()
    cluster("submit", job, code=1)
    said = capfd.readouterr().err
    assert "1-all.sh: error E-SCHEDULER: sbatch --test-only failed: sbatch: error: Unable to contact" in said
    assert "Nothing has been submitted" in said
    (scheduler / "sbatch.broken").unlink()
    cluster("resubmit", "wf-1")
    assert len(collected(capfd)["results"]["phase_results"]) == 8


def test_mistakes_are_told_without_a_traceback(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    job = write_walk_forward(folder)
    cluster("submit", job)
    capfd.readouterr()
    cluster("status", "wf-2", code=2)
    assert "no run 'wf-2' in traces. Known: wf-1. Did you mean 'wf-1'?" in capfd.readouterr().err
    cluster("submit", job, "--time", "soon", code=2)
    assert "time" in capfd.readouterr().err
    cluster("script", job, "-o", folder, code=2)
    assert "every phase of 'wf-1' has its sealed trace" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        cluster("dance")
    with (folder / "SPY.csv").open("a") as file:
        file.write("\n")
    cluster("collect", "wf-1", code=2)
    assert "E-CHANGED" in capfd.readouterr().err


def test_data_that_cannot_be_trusted_is_refused_before_anything_is_submitted(
    folder: Path, scheduler: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job = write_walk_forward(folder)
    (folder / "SPY.csv").write_text("timestamp,open,high,low,close\n2020-01-01,1,2,3,4\n")
    cluster("submit", job, code=2)
    assert "SPY.csv:2" in capfd.readouterr().err
    assert not (scheduler / "jobs.jsonl").exists()


def test_execute_workflow_waits_until_its_jobs_have_ended(folder: Path) -> None:
    job = write_walk_forward(folder)
    told: list[PhaseOutcome] = []
    coordinator = Coordinator(folder / "traces", on_outcome=told.append)
    result = coordinator.execute_workflow(job, executor="slurm", placement={"shape": "allocation"})
    assert result["success"]
    assert [outcome.phase for outcome in told] == list(result["results"]["phase_results"])


@pytest.mark.parametrize("shape", ["allocation", "graph"])
def test_conditions_are_decided_on_the_nodes_as_on_one_machine(
    folder: Path, paths: RunPaths, shape: str, capfd: pytest.CaptureFixture[str]
) -> None:
    job = write_conditional(folder, at_least=0.5)
    cluster("submit", job, "--shape", shape, "--group", "1")
    cluster("status", "wf-1")
    assert "8 phases: 7 completed, 1 skipped" in capfd.readouterr().out
    there, here = collected(capfd), run_json(folder, job, "--traces", "local")
    assert digests(there) == digests(here)
    assert states(there) == states(here)
    paths.outcome("test-02").unlink()
    assert states(collected(capfd)) == states(here)

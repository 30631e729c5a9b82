"""The state of a run is read from its files, and whether it is active from its lock."""

import fcntl
import json
from pathlib import Path

import pytest

from orchestrator.plan import Phase
from orchestrator.status import list_runs, show_run
from phase_worker.contract import ConfigError, ErrorReport, PhaseOutcome, PhaseState, RunPaths
from tests.fakes.finished_phases import finish
from tests.fakes.planned_runs import requests


def record_run(folder: Path, workflow_id: str, state: str, started_at: str = "2020-01-01T00:00:00Z") -> RunPaths:
    paths = RunPaths(folder, workflow_id)
    paths.run_dir.mkdir()
    document = {"workflow_id": workflow_id, "state": state, "started_at": started_at, "phases": {}}
    paths.run_json.write_text(json.dumps(document))
    return paths


def state_of(folder: Path, workflow_id: str) -> str:
    (line,) = [line for line in list_runs(folder).splitlines() if line.endswith(f" {workflow_id}")]
    return line.split()[1]


def test_a_directory_without_runs_says_so(tmp_path: Path) -> None:
    assert list_runs(tmp_path) == f"no runs in {tmp_path}"
    assert list_runs(tmp_path / "missing") == f"no runs in {tmp_path / 'missing'}"


def test_runs_are_listed_the_latest_last(tmp_path: Path) -> None:
    record_run(tmp_path, "a-late", "done", "2020-03-01T00:00:00Z")
    record_run(tmp_path, "b-early", "failed", "2020-01-01T00:00:00Z")
    record_run(tmp_path, "c-between", "done", "2020-02-01T00:00:00Z")
    lines = [line.split() for line in list_runs(tmp_path).splitlines()]
    assert lines == [
        ["started", "state", "workflow_id"],
        ["2020-01-01T00:00:00Z", "failed", "b-early"],
        ["2020-02-01T00:00:00Z", "done", "c-between"],
        ["2020-03-01T00:00:00Z", "done", "a-late"],
    ]


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_run_that_has_ended_is_in_the_state_that_it_recorded(tmp_path: Path, state: str) -> None:
    record_run(tmp_path, "wf-1", state)
    assert state_of(tmp_path, "wf-1") == state


def test_a_run_is_active_while_its_lock_is_held_and_interrupted_after(tmp_path: Path) -> None:
    paths = record_run(tmp_path, "wf-1", "running")
    with paths.lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert state_of(tmp_path, "wf-1") == "active"
        assert state_of(tmp_path, "wf-1") == "active"
    assert state_of(tmp_path, "wf-1") == "interrupted"


def test_a_run_on_a_cluster_is_active_while_tasks_share_its_lock(tmp_path: Path) -> None:
    paths = record_run(tmp_path, "wf-1", "submitted")
    with paths.lock.open("a") as one, paths.lock.open("a") as another:
        for task in (one, another):
            fcntl.flock(task, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert state_of(tmp_path, "wf-1") == "active"
    assert state_of(tmp_path, "wf-1") == "submitted"


def test_a_run_whose_lock_was_never_made_is_interrupted(tmp_path: Path) -> None:
    record_run(tmp_path, "wf-1", "running")
    assert state_of(tmp_path, "wf-1") == "interrupted"


def test_looking_leaves_the_lock_free(tmp_path: Path) -> None:
    paths = record_run(tmp_path, "wf-1", "running")
    state_of(tmp_path, "wf-1")
    with paths.lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_phases_of_a_run_are_shown_with_how_they_ended(tmp_path: Path) -> None:
    phases = [Phase("train", "announce", {}), Phase("test", "announce", {})]
    planned = requests(tmp_path, *phases)
    paths = record_run(tmp_path, "wf-1", "failed")
    finish(planned["train"])
    error = ErrorReport("E-SIGNAL", "the phase was killed by SIGKILL (9)")
    outcome = PhaseOutcome("wf-1", "test", 1, PhaseState.FAILED, planned["test"].digest, error=error)
    paths.outcome("test").write_bytes(outcome.to_json())
    document = json.loads(paths.run_json.read_text())
    document["phases"] = {"train": "completed", "test": "failed", "report": "skipped"}
    paths.run_json.write_text(json.dumps(document))

    shown = [line.split() for line in show_run(tmp_path, "wf-1").splitlines()]

    assert shown == [
        ["wf-1:", "failed,", "started", "2020-01-01T00:00:00Z"],
        ["test", "failed"],
        ["the", "phase", "was", "killed", "by", "SIGKILL", "(9)"],
        ["train", "completed", "1.50", "s", "32", "MiB"],
        ["report", "skipped"],
    ]


def test_a_phase_that_failed_before_and_is_skipped_now_is_shown_once(tmp_path: Path) -> None:
    paths = record_run(tmp_path, "wf-1", "failed")
    earlier = PhaseOutcome("wf-1", "test", 1, PhaseState.FAILED, "d1", error=ErrorReport("E-RAISED", "no"))
    paths.outcome("test").write_bytes(earlier.to_json())
    document = json.loads(paths.run_json.read_text())
    paths.run_json.write_text(json.dumps(document | {"phases": {"train": "failed", "test": "skipped"}}))
    assert [line.split() for line in show_run(tmp_path, "wf-1").splitlines()[1:]] == [["test", "skipped"]]


def test_an_unknown_run_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    record_run(tmp_path, "walk-1", "done")
    record_run(tmp_path, "sweep", "done")
    with pytest.raises(ConfigError, match=r"no run 'wlak-1' in .*Known: sweep, walk-1. Did you mean 'walk-1'\?"):
        show_run(tmp_path, "wlak-1")


def test_a_workflow_id_cannot_leave_the_directory(tmp_path: Path) -> None:
    record_run(tmp_path, "wf-1", "done")
    with pytest.raises(ConfigError) as caught:
        show_run(tmp_path / "wf-1", "../wf-1")
    assert caught.value.code == "E-ID"

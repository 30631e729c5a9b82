"""The record of submissions says what may exist at the scheduler, whenever it was cut off."""

from pathlib import Path

import pytest

from orchestrator.cluster.paths import submission_paths, submissions_record
from orchestrator.cluster.steps import Step
from orchestrator.cluster.submission import (
    Submission,
    read_record,
    record_attempt,
    record_job,
    record_plan,
    submissions_locked,
)
from phase_worker.contract import ConfigError, RunPaths

STEPS = (Step("1-a", (("a-1",), ("a-2",))), Step("2-b", (("b",),), ("1-a",), (), ("7_1",)))


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path, "wf-1")
    submissions_record(paths).parent.mkdir(parents=True)
    return paths


def submission(number: int) -> Submission:
    return Submission(number, f"t{number}", "slurm", "graph", "2026-01-01T00:00:00Z", "/runs/1", STEPS)


def test_what_was_planned_tried_and_acknowledged_is_read_back(paths: RunPaths) -> None:
    assert read_record(paths) == []
    for number in (1, 2):
        record_plan(paths, submission(number))
    record_attempt(paths, submission(1), "1-a")
    record_job(paths, submission(1), "1-a", "12")
    record_attempt(paths, submission(1), "2-b")
    first, second = read_record(paths)
    assert (first.submission, second.submission) == (submission(1), submission(2))
    assert (first.tried, first.job_ids) == ({"1-a", "2-b"}, {"1-a": "12"})
    assert (second.tried, second.job_ids) == (set(), {})
    assert first.submission.job_name("wf-1", "1-a") == "daybreak.wf-1.1-a.t1"


def test_a_line_that_was_cut_off_is_as_if_not_written(paths: RunPaths) -> None:
    record_plan(paths, submission(1))
    record_attempt(paths, submission(1), "1-a")
    record_job(paths, submission(1), "1-a", "12")
    submissions_record(paths).write_bytes(submissions_record(paths).read_bytes()[:-9])
    assert read_record(paths)[0].job_ids == {}
    record_job(paths, submission(1), "1-a", "13")
    (recorded,) = read_record(paths)
    assert recorded.job_ids == {"1-a": "13"}


def test_two_do_not_submit_at_once(paths: RunPaths) -> None:
    with submissions_locked(paths), pytest.raises(ConfigError, match="somebody submits or cancels jobs of 'wf-1'"):  # noqa: SIM117
        with submissions_locked(paths):
            pass


def test_a_path_that_a_scheduler_would_misread_is_refused(tmp_path: Path) -> None:
    for name in ("my runs", "50%", "a$b", "x;y"):
        with pytest.raises(ConfigError, match="cannot stand in a submission script"):
            submission_paths(RunPaths(tmp_path / name, "wf-1"), 1)

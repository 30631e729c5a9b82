"""Dropped files are taken once they are stable, and what was begun is taken up again."""

from pathlib import Path

import pytest

from orchestrator.queue.active_job import ActiveJob
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.intake import Intake, Taken
from orchestrator.queue.record import JobState, read_record
from orchestrator.queue.submission import Submission
from orchestrator.run import Run
from tests.fakes.job_folder import SMALLEST, JobFolder
from tests.fakes.queued_jobs import new_queue, states
from tests.fakes.turned_clock import TurnedClock

JOB = SMALLEST.replace("SPY.csv", "../SPY.csv").replace("plugin.py", "../plugin.py") + "workflow_id: wf-1\n"


@pytest.fixture
def queue(tmp_path: Path) -> QueueDirectory:
    JobFolder.create(tmp_path)
    return new_queue(tmp_path)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def intake(queue: QueueDirectory, clock: TurnedClock, tmp_path: Path) -> Intake:
    return Intake(queue, Submission(tmp_path / "traces", [tmp_path], clock), clock)


def drop(queue: QueueDirectory, text: str = JOB, name: str = "job.yaml") -> Path:
    path = queue.folders.root / name
    path.write_text(text)
    return path


def take(intake: Intake, clock: TurnedClock) -> list[Taken]:
    intake.stable()
    clock.sleep(2.0)
    return [taken for path in intake.stable() for taken in intake.take(path)]


def test_a_file_is_taken_when_it_has_not_changed_for_two_seconds(
    queue: QueueDirectory, intake: Intake, clock: TurnedClock
) -> None:
    path = drop(queue, JOB[:20])
    assert intake.stable() == []
    clock.sleep(1.9)
    assert intake.stable() == []
    path.write_text(JOB)
    assert intake.stable() == []
    clock.sleep(1.9)
    assert intake.stable() == []
    assert intake.pending
    clock.sleep(0.1)
    assert intake.stable() == [path]
    assert intake.take(path) == [Taken("job.yaml", "wf-1")]
    assert states(queue) == {"wf-1": "new"}
    assert not path.exists()
    assert not intake.pending


def test_a_file_whose_job_was_queued_before_the_coordinator_died_is_only_removed(
    queue: QueueDirectory, intake: Intake, clock: TurnedClock
) -> None:
    drop(queue)
    take(intake, clock)
    path = drop(queue)
    assert take(intake, clock) == [Taken("job.yaml", "wf-1", JobState.NEW)]
    assert not path.exists()


def test_every_cell_of_a_matrix_is_a_job_that_can_be_parsed_again(
    queue: QueueDirectory, intake: Intake, clock: TurnedClock, tmp_path: Path
) -> None:
    path = drop(queue, JOB + "matrix: {strategy: [cross_fake, hold_fake]}\n")
    assert [taken.workflow_id for taken in take(intake, clock)] == ["wf-1-1", "wf-1-2"]
    assert states(queue) == {"wf-1-1": "new", "wf-1-2": "new"}
    assert not path.exists()

    record = read_record(queue.folders.record(JobState.NEW, "wf-1-2"))
    again = ActiveJob(path, record, 0.0)
    again.parse([tmp_path])
    assert again.job is not None
    assert (again.job.strategy.name, again.job.workflow_id) == ("hold_fake", "wf-1-2")
    assert Run(again.job, tmp_path / "traces").digest == record.digest


def test_a_matrix_with_one_bad_cell_is_refused_whole(queue: QueueDirectory, intake: Intake, clock: TurnedClock) -> None:
    drop(queue, JOB + "matrix: {strategy: [cross_fake, hold_fak]}\n")
    assert [taken.refused for taken in take(intake, clock)] == ["E-SCHEMA"]
    assert states(queue) == {}


def test_a_file_that_changes_while_it_is_taken_is_not_lost(
    queue: QueueDirectory, intake: Intake, clock: TurnedClock
) -> None:
    path = drop(queue)
    intake.stable()
    clock.sleep(2.0)
    assert intake.stable() == [path]
    path.write_text(JOB.replace("wf-1", "wf-2 "))
    intake.take(path)
    assert path.exists() or "wf-2" in states(queue)


def test_refused_files_of_one_name_do_not_replace_each_other(
    queue: QueueDirectory, intake: Intake, clock: TurnedClock
) -> None:
    for text in ("[", "{"):
        drop(queue, text)
        assert [taken.refused for taken in take(intake, clock)] == ["E-YAML"]
    bad = queue.folders.state(JobState.BAD)
    assert {path.name: path.read_text() for path in bad.glob("*.yaml")} == {"job.yaml": "[", "2.job.yaml": "{"}
    assert len(list(bad.glob("*.error.json"))) == 2


def test_a_refused_file_cannot_pass_for_a_record(queue: QueueDirectory, intake: Intake, clock: TurnedClock) -> None:
    drop(queue, "[", "wf-1.json")
    drop(queue, "[", f"{'x' * 240}.yaml")
    take(intake, clock)
    assert states(queue) == {}
    assert len(list(queue.folders.state(JobState.BAD).iterdir())) == 4


def test_one_coordinator_takes_files_in_at_a_time(queue: QueueDirectory, intake: Intake) -> None:
    with intake.alone() as first, intake.alone() as second:
        assert (first, second) == (True, False)
    with intake.alone() as again:
        assert again

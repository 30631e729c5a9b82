"""The queue directory keeps every job in exactly one place, and lets nobody else in."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.moves import move
from orchestrator.queue.record import JobState, Leaving, Wait, read_record
from orchestrator.queue.recovery import reclaim_all
from phase_worker.contract import ConfigError
from tests.fakes.queued_jobs import new_queue, new_record, states

WAITING_TO_HELD = dict.fromkeys((JobState.NEW, JobState.DEFERRED), JobState.HELD)


def code_of(step: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        step()
    return caught.value.code


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    record = new_record(
        after="other", wait=Wait("why", 3.5, "boot", "later"), leaving=Leaving("seat", JobState.DONE), killed=1
    )
    queue.add(record, JobState.DEFERRED)
    assert read_record(queue.folders.record(JobState.DEFERRED, "wf-1")) == record


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"{", b'{"schema":2}', b'{"schema":1,"wait":3,"leaving":null}'])
def test_what_is_no_record_is_refused_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wf-1.json").write_bytes(content)
    assert code_of(lambda: read_record(tmp_path / "wf-1.json")) == "E-RECORD"


def test_a_job_that_is_there_already_is_not_added_again_in_whatever_state_it_is(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    assert queue.add(new_record(), JobState.NEW) is None
    assert queue.add(new_record(), JobState.NEW) is JobState.NEW
    queue.change("wf-1", WAITING_TO_HELD)
    assert queue.add(new_record(), JobState.NEW) is JobState.HELD
    queue.change("wf-1", {JobState.HELD: JobState.NEW})
    Seat(queue, "seat").claim(queue.folders.record(JobState.NEW, "wf-1"))
    assert queue.add(new_record(), JobState.NEW) is JobState.ACTIVE
    assert states(queue) == {"wf-1": "active"}


def test_another_job_cannot_have_the_same_workflow_id(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    assert code_of(lambda: queue.add(new_record(digest="d2"), JobState.NEW)) == "E-IDTAKEN"
    assert list(queue.folders.temporary.iterdir()) == []


def test_a_job_cannot_be_called_like_the_report_on_a_refused_file(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    assert code_of(lambda: queue.add(new_record("wf.error"), JobState.NEW)) == "E-ID"


def test_a_change_is_refused_that_the_state_does_not_allow(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    assert code_of(lambda: queue.change("wf-1", {JobState.FAILED: JobState.NEW})) == "E-JOBSTATE"
    assert code_of(lambda: queue.change("wf-2", WAITING_TO_HELD)) == "E-NOJOB"
    assert states(queue) == {"wf-1": "new"}


def test_a_change_can_record_why(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    queue.change("wf-1", WAITING_TO_HELD, lambda record: replace(record, reason="by hand"))
    assert read_record(queue.folders.record(JobState.HELD, "wf-1")).reason == "by hand"


def test_of_two_that_claim_a_job_one_gets_it(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    path = queue.folders.record(JobState.NEW, "wf-1")
    first, second = Seat(queue, "first"), Seat(queue, "second")
    assert first.claim(path) == queue.folders.active_record("first", "wf-1")
    with pytest.raises(FileNotFoundError):
        second.claim(path)
    assert states(queue) == {"wf-1": "active"}


def test_a_move_never_replaces(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        move(tmp_path / "a", tmp_path / "b")
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["a", "b"]


def test_only_what_has_ended_long_enough_ago_is_purged_with_its_report(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record("wf-1"), JobState.DONE)
    queue.add(new_record("wf-2"), JobState.NEW)
    bad = queue.folders.state(JobState.BAD)
    for name in ("x.yaml", "x.yaml.error.json"):
        (bad / name).touch()
    ended_s = (bad / "x.yaml").stat().st_ctime
    assert queue.purge([JobState.DONE, JobState.BAD], ended_s - 3600) == 0
    assert queue.purge([JobState.DONE, JobState.BAD], ended_s + 3600) == 2
    assert states(queue) == {"wf-2": "new"}
    assert list(bad.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_queue_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    queue = new_queue(tmp_path)
    for folder in (queue.folders.root, queue.folders.state(JobState.NEW)):
        folder.chmod(mode)
        assert code_of(lambda: new_queue(tmp_path)) == "E-QUEUE"
        folder.chmod(0o700)
    new_queue(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_queue_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    os.chown(queue.folders.root, 12345, -1)
    assert code_of(lambda: new_queue(tmp_path)) == "E-QUEUE"


def test_a_state_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "queue" / "new").symlink_to(tmp_path / "elsewhere")
    assert code_of(lambda: new_queue(tmp_path)) == "E-QUEUE"


def test_a_look_does_not_make_a_queue(tmp_path: Path) -> None:
    assert code_of(lambda: QueueDirectory(tmp_path / "typo", make=False)) == "E-QUEUE"
    assert not (tmp_path / "typo").exists()


def test_a_coordinator_that_has_to_leave_a_job_behind_leaves_it_to_be_reclaimed(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    seat = Seat(queue, "seat")
    seat.claim(queue.folders.record(JobState.NEW, "wf-1"))
    seat.leave()
    assert states(queue) == {"wf-1": "active"}
    assert [(job.workflow_id, job.state) for job in reclaim_all(queue)] == [("wf-1", JobState.NEW)]

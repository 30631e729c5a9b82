"""Jobs that wait are given out by priority and age, and reading their folder costs little."""

import gc
import os
import tracemalloc
from pathlib import Path

from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.record import AGEING_S, JobRecord, JobState, Wait
from orchestrator.queue.waiting import DeferredJobs, WaitingJobs
from tests.fakes.queued_jobs import new_queue, new_record
from tests.fakes.turned_clock import TurnedClock


def fill(queue: QueueDirectory, *records: JobRecord, state: JobState = JobState.NEW) -> None:
    """Their folder then looks as if it had not changed for a while."""
    for record in records:
        queue.add(record, state)
    os.utime(queue.folders.state(state), (1000, 1000 + len(list(queue.folders.state(state).iterdir()))))


def order(waiting: WaitingJobs) -> list[str]:
    waiting.refresh()
    return [waiting.pop().name.removesuffix(".json") for _ in range(len(waiting))]


def test_a_higher_priority_goes_first_and_else_who_came_first(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    fill(
        queue,
        new_record("late", submitted_s=2.0),
        new_record("early", submitted_s=1.0),
        new_record("urgent", submitted_s=3.0, priority=1),
        new_record("idle", submitted_s=0.0, priority=-1),
    )
    assert order(WaitingJobs(queue, TurnedClock())) == ["urgent", "early", "late", "idle"]


def test_a_job_that_has_waited_long_enough_goes_before_a_higher_priority(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    fill(queue, new_record("old"), new_record("urgent", submitted_s=AGEING_S + 1, priority=1))
    assert order(WaitingJobs(queue, TurnedClock())) == ["old", "urgent"]


def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock()
    fill(queue, new_record("wf-1"))
    waiting = WaitingJobs(queue, clock)
    waiting.refresh()
    clock.sleep(60)
    (queue.folders.record(JobState.NEW, "wf-1")).write_text("{")  # which no one looks at any more
    assert waiting.refresh() == []
    fill(queue, new_record("wf-2"))
    waiting.refresh()
    assert len(waiting) == 2


def test_a_job_that_comes_back_is_given_out_again(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock()
    fill(queue, new_record("wf-1"))
    waiting, seat = WaitingJobs(queue, clock), Seat(queue, "seat")
    assert order(waiting) == ["wf-1"]
    path = seat.claim(queue.folders.record(JobState.NEW, "wf-1"))
    seat.put(path, JobState.NEW)
    clock.sleep(60)
    assert order(waiting) == ["wf-1"]


def test_what_another_coordinator_took_is_forgotten(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock()
    fill(queue, new_record("wf-1"), new_record("wf-2"))
    waiting = WaitingJobs(queue, clock)
    waiting.refresh()
    Seat(queue, "other").claim(queue.folders.record(JobState.NEW, "wf-1"))
    clock.sleep(60)
    assert order(waiting) == ["wf-2"]


def test_a_file_that_is_no_record_is_told_of(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.folders.record(JobState.NEW, "wf-1").write_text("{")
    fill(queue, new_record("wf-2"))
    waiting = WaitingJobs(queue, TurnedClock())
    ((path, error),) = waiting.refresh()
    assert (path.name, error.code) == ("wf-1.json", "E-RECORD")
    assert order(waiting) == ["wf-2"]


def test_a_deferred_job_is_ready_when_its_time_has_come(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock()
    wait = Wait("a failure", due_s=clock.monotonic_s() + 30, boot_id=clock.boot_id)
    fill(queue, new_record("wf-1", wait=wait), state=JobState.DEFERRED)
    deferred = DeferredJobs(queue, clock)
    deferred.refresh()
    assert deferred.ready() == []
    assert deferred.timed
    clock.sleep(31)
    assert deferred.ready() == ["wf-1"]


def test_after_a_restart_of_the_machine_the_time_has_come(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock(boot_id="boot-2")
    wait = Wait("a failure", due_s=clock.monotonic_s() + 30, boot_id="boot-1")
    fill(queue, new_record("wf-1", wait=wait), state=JobState.DEFERRED)
    deferred = DeferredJobs(queue, clock)
    deferred.refresh()
    assert deferred.ready() == ["wf-1"]


def test_jobs_that_wait_for_another_are_told_by_that(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    fill(queue, new_record("a", after="x"), new_record("b", after="x"), state=JobState.DEFERRED)
    deferred = DeferredJobs(queue, TurnedClock())
    deferred.refresh()
    assert {other: sorted(names) for other, names in deferred.after.items()} == {"x": ["a", "b"]}
    assert not deferred.timed


def test_a_job_that_waits_takes_little_memory(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    for number in range(2000):
        record = new_record(f"wf-{number:04}", submitted_s=float(number), job="# " + "x" * 10_000)
        queue.folders.record(JobState.NEW, record.workflow_id).write_bytes(record.to_json())
    WaitingJobs(queue, TurnedClock()).refresh(surely=True)  # what the process keeps for good, such as interned texts
    waiting = WaitingJobs(queue, TurnedClock())
    gc.collect()
    tracemalloc.start()
    try:
        waiting.refresh(surely=True)
        waiting.refresh(surely=True)  # the names are read again
        gc.collect()
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(waiting) == 2000
    assert used_bytes / 2000 < 2000, "the text of a job is 10,000 bytes"


def test_a_job_that_cannot_be_read_keeps_no_other_waiting(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    for state in (JobState.NEW, JobState.DEFERRED):
        queue.folders.record(state, f"{state}-unreadable").mkdir()
    fill(queue, new_record("wf-1"))
    fill(queue, new_record("wf-2", wait=Wait("why", 0.0, "boot-1")), state=JobState.DEFERRED)
    waiting, deferred = WaitingJobs(queue, TurnedClock()), DeferredJobs(queue, TurnedClock())
    assert order(waiting) == ["wf-1"]
    deferred.refresh()
    assert deferred.ready() == ["wf-2"]

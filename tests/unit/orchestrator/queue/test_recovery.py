"""What a coordinator leaves that died anywhere goes back to the queue, once, and a living one keeps what it has."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.folders import cancel_request
from orchestrator.queue.record import JobRecord, JobState, Leaving, read_record
from orchestrator.queue.recovery import MAX_DEATHS, clean_up, reclaim_all
from phase_worker.contract import write_atomically
from tests.fakes.command_line import environment
from tests.fakes.queued_jobs import new_queue, new_record, states
from tests.fakes.scripted_phases import is_alive


def die_with(queue: QueueDirectory, *records: JobRecord, seat: str = "dead") -> Path:
    """A coordinator's place with these active jobs, whose lock nobody holds any more."""
    for record in records:
        queue.add(record, JobState.NEW)
    place = Seat(queue, seat)
    for record in records:
        place.claim(queue.folders.record(JobState.NEW, record.workflow_id))
    os.close(place._fd)
    return place.path


def reclaimed(queue: QueueDirectory) -> dict[str, str]:
    return {job.workflow_id: str(job.state) for job in reclaim_all(queue)}


def test_jobs_of_the_dead_are_queued_again_and_a_death_is_charged(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    place = die_with(queue, new_record("wf-1"), new_record("wf-2", deaths=1))
    assert reclaimed(queue) == {"wf-1": "new", "wf-2": "new"} == states(queue)
    assert not place.exists()
    deaths = [read_record(queue.folders.record(JobState.NEW, name)).deaths for name in ("wf-1", "wf-2")]
    assert deaths == [1, 2]
    assert reclaimed(queue) == {}


def test_a_living_coordinator_keeps_its_jobs(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    queue.add(new_record(), JobState.NEW)
    Seat(queue, "alive").claim(queue.folders.record(JobState.NEW, "wf-1"))
    assert reclaimed(queue) == {}
    assert states(queue) == {"wf-1": "active"}


def test_a_job_over_which_coordinators_die_again_and_again_is_held(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    die_with(queue, new_record(deaths=MAX_DEATHS - 1))
    assert reclaimed(queue) == {"wf-1": "held"}
    assert read_record(queue.folders.record(JobState.HELD, "wf-1")).reason.startswith("E-DEATHS")


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.DEFERRED, JobState.NEW])
def test_a_move_that_was_decided_is_made_without_a_charge(tmp_path: Path, state: JobState) -> None:
    queue = new_queue(tmp_path)
    place = die_with(queue, new_record())
    decided = replace(new_record(), leaving=Leaving(place.name, state))
    write_atomically(place / "wf-1.json", decided.to_json())
    assert reclaimed(queue) == {"wf-1": str(state)}
    assert read_record(queue.folders.record(state, "wf-1")).deaths == 0


def test_the_decision_of_an_earlier_coordinator_does_not_count(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    die_with(queue, new_record(leaving=Leaving("earlier", JobState.DONE)))
    assert reclaimed(queue) == {"wf-1": "new"}


def test_a_request_to_cancel_outlives_the_coordinator(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    place = die_with(queue, new_record())
    cancel_request(place / "wf-1.json").touch()
    assert reclaimed(queue) == {"wf-1": "cancelled"}
    assert not place.exists()


def test_a_record_that_cannot_be_read_is_put_away(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    place = die_with(queue, new_record("wf-1"), new_record("wf-2"))
    (place / "wf-1.json").write_text("{")
    assert reclaimed(queue) == {"wf-1": "bad", "wf-2": "new"}


def test_processes_of_the_dead_are_killed_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    alive, dead = Seat(queue, "alive"), die_with(queue)
    sleepers = [subprocess.Popen(["/bin/sleep", "60"], env={"DAYBREAK_RUN": str(path)}) for path in (alive.path, dead)]
    try:
        reclaim_all(queue)
        assert [is_alive(sleeper.pid) for sleeper in sleepers] == [True, False]
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


def test_a_coordinators_place_is_locked_from_the_moment_it_is_seen(tmp_path: Path) -> None:
    """Many make and leave places while this one reclaims: none may lose what it has just claimed."""
    queue = new_queue(tmp_path)
    for number in range(40):
        queue.add(new_record(f"wf-{number}"), JobState.NEW)
    program = (
        "import sys; from pathlib import Path; from orchestrator.queue.directory import QueueDirectory, Seat\n"
        "from orchestrator.queue.record import JobState\n"
        "queue = QueueDirectory(Path(sys.argv[1]))\n"
        "for number in range(40):\n"
        "    seat = Seat(queue, f'{sys.argv[2]}-{number}')\n"
        "    path = seat.claim(queue.folders.record(JobState.NEW, f'wf-{number}'))\n"
        "    seat.put(path, JobState.DONE)\n"
        "    seat.leave()\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program, queue.folders.root, "w"], env=environment())
    while worker.poll() is None:
        assert reclaimed(queue) == {}
    assert worker.returncode == 0
    assert set(states(queue).values()) == {"done"}


def test_what_was_being_made_long_ago_is_removed(tmp_path: Path) -> None:
    queue = new_queue(tmp_path)
    for name in ("wf-1.123", "reserve"):
        (queue.folders.temporary / name).touch()
    made_s = (queue.folders.temporary / "wf-1.123").stat().st_mtime
    clean_up(queue, made_s + 3600)
    assert len(list(queue.folders.temporary.iterdir())) == 2
    clean_up(queue, made_s + 100_000)
    assert list(queue.folders.temporary.iterdir()) == [queue.folders.reserve]


@pytest.mark.parametrize("where", [JobState.NEW, JobState.DONE, JobState.ACTIVE])
def test_a_job_that_cannot_be_reclaimed_stays_and_keeps_no_other_there(tmp_path: Path, where: JobState) -> None:
    queue = new_queue(tmp_path)
    decided = Leaving("dead", JobState.DONE)
    seat = die_with(queue, new_record("a-1"), new_record("wf-2"))
    if where is JobState.ACTIVE:  # as a record on a bad sector is
        (seat / "a-1.json").unlink()
        (seat / "a-1.json").mkdir()
    else:  # somebody has copied it by hand
        (seat / "a-1.json").write_bytes(
            new_record("a-1", leaving=decided if where is JobState.DONE else None).to_json()
        )
        queue.folders.record(where, "a-1").write_bytes(new_record("a-1").to_json())
    die_with(queue, new_record("wf-3"), seat="other")
    assert reclaimed(queue) == {"wf-2": "new", "wf-3": "new"}
    assert [path.name for path in seat.iterdir()] == ["a-1.json"]
    assert reclaimed(queue) == {}

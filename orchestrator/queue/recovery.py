"""Recovery: what dead coordinators left is swept, and their jobs go back to the queue."""

import fcntl
import logging
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.folders import cancel_request, is_record_name
from orchestrator.queue.moves import move
from orchestrator.queue.record import JobRecord, JobState, Leaving, read_record
from orchestrator.queue.verdict import is_out_of_space
from phase_worker.contract import ConfigError, write_atomically
from phase_worker.contract.process_marks import run_mark

logger = logging.getLogger(__name__)

MAX_DEATHS = 5
_OLD_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """A job of a dead coordinator, and where it went."""

    workflow_id: str
    state: JobState


def reclaim_all(queue: QueueDirectory) -> list[Reclaimed]:
    """Reclaim the jobs of every dead coordinator; may be stopped anywhere and done again, and by several at once."""
    reclaimed: list[Reclaimed] = []
    for seat in queue.folders.seats():
        try:
            fd = os.open(seat, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            reclaimed += _reclaim(queue, seat)
        except BlockingIOError:  # it lives
            continue
        finally:
            os.close(fd)
    return reclaimed


def clean_up(queue: QueueDirectory, now_s: float) -> None:
    """Remove what was being made a day ago, and never got a place."""
    for path in queue.folders.temporary.iterdir():
        with suppress(OSError):
            if path != queue.folders.reserve and path.lstat().st_mtime < now_s - _OLD_S:
                path.rmdir() if path.is_dir() else path.unlink()


def _reclaim(queue: QueueDirectory, seat: Path) -> list[Reclaimed]:
    # First the processes: a job that is queued again may be started at once.
    from orchestrator.executors.process_tree import sweep  # noqa: PLC0415 -- psutil, only where somebody died

    sweep(run_mark(seat))
    reclaimed: list[Reclaimed] = []
    with suppress(FileNotFoundError):  # somebody else was faster
        left = sorted(seat.iterdir())
        records = [path for path in left if is_record_name(path.name)]
        reclaimed = [job for path in records if (job := _reclaim_job(queue, seat, path))]
        if len(reclaimed) == len(records):
            for path in left:
                if path not in records:  # a request to cancel, or a record that was being written
                    path.unlink(missing_ok=True)
            seat.rmdir()
    return reclaimed


def _reclaim_job(queue: QueueDirectory, seat: Path, path: Path) -> Reclaimed | None:
    """None where it has to stay: the others of the seat, and those of other seats, do not wait for it."""
    try:
        return _put_back(queue, seat.name, path)
    except OSError as error:
        if is_out_of_space(error):
            raise
        logger.error("a job of a coordinator that died stays where it is: %s", error)
        return None


def _put_back(queue: QueueDirectory, coordinator: str, path: Path) -> Reclaimed:
    """Finish the move that was decided, or count a death."""
    try:
        record = read_record(path)
    except ConfigError as error:
        logger.error("%s", error)
        return _moved(queue, path, path.name.removesuffix(".json"), JobState.BAD)
    if record.leaving is None or record.leaving.coordinator != coordinator:
        if cancel_request(path).exists():
            record = replace(record, reason="cancelled", leaving=Leaving(coordinator, JobState.CANCELLED))
        else:
            record = _with_death(record, coordinator)
        write_atomically(path, record.to_json())
    assert record.leaving is not None
    return _moved(queue, path, record.workflow_id, record.leaving.state)


def _with_death(record: JobRecord, coordinator: str) -> JobRecord:
    deaths = record.deaths + 1
    if deaths < MAX_DEATHS:
        return replace(record, deaths=deaths, leaving=Leaving(coordinator, JobState.NEW))
    reason = f"E-DEATHS: {deaths} coordinators died while they ran it. See its log; then: daybreak queue release"
    return replace(record, deaths=deaths, reason=reason, leaving=Leaving(coordinator, JobState.HELD))


def _moved(queue: QueueDirectory, path: Path, workflow_id: str, state: JobState) -> Reclaimed:
    with queue.locked():
        move(path, queue.folders.record(state, workflow_id))
    return Reclaimed(workflow_id, state)

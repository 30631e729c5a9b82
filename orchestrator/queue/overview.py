"""The queue as its folders show it: how many jobs are where, and the first of those that a person asks for."""

import fcntl
import heapq
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from orchestrator.queue.folders import QueueFolders, is_record_name, is_report_name, reported_file, workflow_id_of
from orchestrator.queue.listing import first_problem
from orchestrator.queue.record import JobRecord, JobState, read_record
from phase_worker.contract import ConfigError

NIGHT_S = 86_400.0
MOST_SHOWN = 200  # of each kind: a page of 10,000 jobs is no page
TROUBLES = (JobState.FAILED, JobState.HELD, JobState.BAD)
WELL = (JobState.DONE, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job, or a refused file, which has no `record`; `path` is its file, in that folder `since_s` of the clock."""

    state: JobState
    path: Path
    name: str
    since_s: float
    reason: str
    record: JobRecord | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """`counts` are of all jobs, `tonight` of those that got to their state within 24 hours; lists are cut short."""

    counts: dict[JobState, int]
    tonight: dict[JobState, int]
    troubles: list[QueuedJob]
    active: list[QueuedJob]
    waiting: list[QueuedJob]
    ended: list[QueuedJob]
    alive: bool


class _File(NamedTuple):
    """One of perhaps many thousands; the time first, by which they are ordered."""

    since_s: float
    path: str
    state: JobState


class OverviewReader:
    """Reads the folders again and again: of each file that is shown, the content once."""

    def __init__(self, folders: QueueFolders) -> None:
        self._folders = folders
        self._read: dict[_File, QueuedJob] = {}

    def read(self, now_s: float) -> Overview:
        """What is there now."""
        files = {state: list(_files(self._folders, state)) for state in JobState}
        tonight = {state: [file for file in found if file.since_s > now_s - NIGHT_S] for state, found in files.items()}
        ended = [file for state in WELL for file in tonight[state]]
        chosen = [
            _newest([*tonight[JobState.FAILED], *files[JobState.HELD], *files[JobState.BAD]]),
            _newest(files[JobState.ACTIVE]),
            [*_oldest(files[JobState.DEFERRED]), *_oldest(files[JobState.NEW])],
            _newest(ended),
        ]
        known, self._read = self._read, {}
        troubles, active, waiting, well = ([*self._jobs(group, known)] for group in chosen)
        return Overview(
            counts={state: len(found) for state, found in files.items()},
            tonight={state: len(found) for state, found in tonight.items()},
            troubles=troubles,
            active=active,
            waiting=sorted(waiting, key=_turn),
            ended=well,
            alive=any(map(_is_locked, self._folders.seats())),
        )

    def fingerprint(self) -> tuple[int, ...]:
        """Changes when a job has changed its state."""
        folders = [*map(self._folders.state, JobState), *self._folders.seats()]
        return tuple(folder.stat().st_mtime_ns for folder in folders if folder.exists())

    def _jobs(self, files: Collection[_File], known: dict[_File, QueuedJob]) -> Iterator[QueuedJob]:
        for file in files:
            with suppress(FileNotFoundError):  # it has moved on
                job = self._read[file] = known.get(file) or _job(file)
                yield job


def _files(folders: QueueFolders, state: JobState) -> Iterator[_File]:
    places = folders.seats() if state is JobState.ACTIVE else [folders.state(state)]
    for place in places:
        with suppress(FileNotFoundError), os.scandir(place) as entries:
            for entry in entries:
                if _is_shown(state, entry.name):
                    with suppress(FileNotFoundError):
                        yield _File(entry.stat(follow_symlinks=False).st_ctime, entry.path, state)


def _is_shown(state: JobState, name: str) -> bool:
    """Of what is bad, the report that stands beside each file."""
    return is_report_name(name) if state is JobState.BAD else is_record_name(name)


def _newest(files: Collection[_File]) -> list[_File]:
    return heapq.nlargest(MOST_SHOWN, files)


def _oldest(files: Collection[_File]) -> list[_File]:
    return heapq.nsmallest(MOST_SHOWN, files)


def _turn(job: QueuedJob) -> tuple[bool, float]:
    """Those that wait for something first, the others as they will be started."""
    return job.state is JobState.NEW, job.record.rank if job.record else 0.0


def _job(file: _File) -> QueuedJob:
    path = Path(file.path)
    if file.state is JobState.BAD:
        refused = reported_file(path)
        return QueuedJob(file.state, refused, workflow_id_of(refused), file.since_s, first_problem(path))
    try:
        record = replace(read_record(path), job="")  # whose text may be long, and is not shown
    except ConfigError as error:
        return QueuedJob(file.state, path, path.name, file.since_s, str(error))
    return QueuedJob(file.state, path, record.workflow_id, file.since_s, record.reason, record)


def _is_locked(seat: Path) -> bool:
    """Whether the coordinator of this place lives."""
    with suppress(FileNotFoundError, NotADirectoryError):
        fd = os.open(seat, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
    return False

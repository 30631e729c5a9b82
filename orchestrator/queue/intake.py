"""Intake: job files that were copied straight into the queue directory are taken once nobody writes to them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.job_file.errors import Place, Report, printable
from orchestrator.job_file.parsing import read_bytes
from orchestrator.queue.clock import Clock
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.folders import REPORT_SUFFIX
from orchestrator.queue.moves import move
from orchestrator.queue.record import JobState
from orchestrator.queue.submission import Submission, error_report
from phase_worker.contract import ConfigError, write_atomically

STABLE_S = 2.0

_Look = tuple[int, int, int, int]  # the time of change first: those that came first are taken first


@dataclass(frozen=True, slots=True)
class Taken:
    """A dropped file `refused` with a code, or a job of it with its workflow_id, new to the queue or not (`known`)."""

    name: str
    workflow_id: str = ""
    known: JobState | None = None
    refused: str = ""


class Intake:
    """Watches the top of a queue directory."""

    def __init__(self, queue: QueueDirectory, submission: Submission, clock: Clock) -> None:
        self._queue = queue
        self._submission = submission
        self._clock = clock
        self._seen: dict[str, tuple[_Look, float]] = {}  # by name: as it was, and since when it is
        self._ignored: set[str] = set()

    @property
    def pending(self) -> bool:
        """Whether there are files that may have to be waited for."""
        return bool(self._seen)

    def stable(self) -> list[Path]:
        """What has not changed for 2 s."""
        now_s = self._clock.monotonic_s()
        seen, self._seen = self._seen, {}
        for path in self._queue.folders.dropped():
            if path.name in self._ignored:
                continue
            with suppress(FileNotFoundError):  # taken by another coordinator, or by its owner
                look = _look_at(path)
                before, since_s = seen.get(path.name, (None, now_s))
                self._seen[path.name] = (look, since_s if before == look else now_s)
        stable = [(look, name) for name, (look, since_s) in self._seen.items() if now_s - since_s >= STABLE_S]
        return [self._queue.folders.root / name for _, name in sorted(stable)]

    def take(self, path: Path) -> list[Taken]:
        """Make a job of a file, several where it has a matrix, or put it away as bad. Raises OSError."""
        name = printable(path.name)
        look, _ = self._seen.pop(path.name)
        content = None
        try:
            content = read_bytes(path, Place(name), Report())
            records = self._submission.records(content, name, path.parent)
            taken = [Taken(name, record.workflow_id, self._queue.add(record, JobState.NEW)) for record in records]
        except ConfigError as error:
            refused = os.path.lexists(path) and self._refuse(path, error_report(error, content))
            return [Taken(name, refused=error.code)] if refused else []
        with suppress(FileNotFoundError):
            if _look_at(path) == look:  # else somebody has just put another file in its place
                path.unlink()
        return taken

    def ignore(self, path: Path) -> None:
        """Never look at a file again."""
        self._ignored.add(path.name)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other coordinator takes files in meanwhile."""
        fd = os.open(self._queue.folders.intake_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(fd)

    def _refuse(self, path: Path, report: bytes) -> bool:
        """Put a file away with the reason beside it; where its name is taken there, under another."""
        target = first = self._queue.folders.refused(path.name)
        number = 1
        while os.path.lexists(target):
            number += 1
            target = first.with_name(f"{number}.{first.name}")
        write_atomically(target.with_name(target.name + REPORT_SUFFIX), report)
        move(path, target)
        return True


def _look_at(path: Path) -> _Look:
    status = path.lstat()
    return status.st_ctime_ns, status.st_mtime_ns, status.st_size, status.st_ino

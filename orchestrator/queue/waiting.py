"""The jobs that wait, in memory: read once each, given out by priority and age."""

import heapq
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern

from orchestrator.queue.clock import Clock
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.record import JobRecord, JobState, read_record
from phase_worker.contract import ConfigError

logger = logging.getLogger(__name__)

_SCAN_SHARE = 0.1  # of the time may go into reading folders, however many files they hold
_SCAN_S = 0.5
_TICK_NS = 100_000_000  # a folder's time of change has the resolution of the kernel's tick


@dataclass(order=True, slots=True)
class WaitingJob:
    """What is kept in mind of a record in `new`; since all age alike, their order never changes."""

    rank: float
    name: str
    kind: tuple[str, str] = field(compare=False)  # its workflow and strategy
    time_s: float = field(compare=False)
    deaths: int = field(compare=False)

    @classmethod
    def of(cls, name: str, record: JobRecord) -> "WaitingJob":
        return cls(record.rank, name, (intern(record.workflow), intern(record.strategy)), record.time_s, record.deaths)


class FolderScan:
    """Tells when a folder is worth reading: it has changed, and reading it does not take too much of the time."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._changed_ns: int | None = None
        self._next_s = -1.0

    def due(self, *, surely: bool) -> bool:
        """Whether to read it; `surely` is for the last look before a decision."""
        if surely:
            return True
        return self._clock.monotonic_s() >= self._next_s and self._folder.stat().st_mtime_ns != self._changed_ns

    def read(self, scan: Callable[[], None]) -> None:
        """Have it read."""
        changed_ns = self._folder.stat().st_mtime_ns
        started_s = self._clock.monotonic_s()
        scan()
        ended_s = self._clock.monotonic_s()
        self._changed_ns = changed_ns if time.time_ns() - changed_ns > _TICK_NS else None
        self._next_s = ended_s + max(_SCAN_S, (ended_s - started_s) / _SCAN_SHARE)


class WaitingJobs:
    """The records in `new`, the first of which can be taken."""

    def __init__(self, queue: QueueDirectory, clock: Clock) -> None:
        self._queue = queue
        self._scan = FolderScan(queue.folders.state(JobState.NEW), clock)
        self._heap: list[WaitingJob] = []
        self._known: set[str] = set()

    def __len__(self) -> int:
        return len(self._heap)

    def refresh(self, *, surely: bool = False) -> list[tuple[Path, ConfigError]]:
        """Take notice of what has come, at once if `surely`; gives the files that are no records."""
        unreadable: list[tuple[Path, ConfigError]] = []
        if self._scan.due(surely=surely):
            self._scan.read(lambda: unreadable.extend(self._read_folder()))
        return unreadable

    def first(self) -> WaitingJob | None:
        """The one to be started next."""
        return self._heap[0] if self._heap else None

    def pop(self) -> WaitingJob:
        """Take it out; if it comes back to the folder, it is read anew."""
        job = heapq.heappop(self._heap)
        self._known.discard(job.name)
        return job

    def leave_first(self) -> None:
        """Take it out, and no more notice of it as long as it is in the folder."""
        heapq.heappop(self._heap)

    def _read_folder(self) -> list[tuple[Path, ConfigError]]:
        unreadable = []
        present = set()
        for path in self._queue.folders.records(JobState.NEW):
            present.add(path.name)
            if path.name not in self._known:
                try:
                    heapq.heappush(self._heap, WaitingJob.of(path.name, read_record(path)))
                except FileNotFoundError:
                    continue
                except ConfigError as error:
                    unreadable.append((path, error))
                except OSError as error:  # the others do not wait for it
                    logger.error("a job is left alone, as it cannot be read: %s", error)
        self._known = present
        if len(self._heap) > len(present):  # some were taken by others
            self._heap = [job for job in self._heap if job.name in present]
            heapq.heapify(self._heap)
        return unreadable


class DeferredJobs:
    """The records in `deferred`: their time comes, or the job that they wait for ends."""

    def __init__(self, queue: QueueDirectory, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._scan = FolderScan(queue.folders.state(JobState.DEFERRED), clock)
        self._timed: dict[str, float] = {}
        self._after: dict[str, list[str]] = {}

    @property
    def timed(self) -> bool:
        """Whether any will be ready by itself."""
        return bool(self._timed)

    def refresh(self, *, surely: bool = False) -> None:
        """Take notice of what has come, at once if `surely`."""
        if self._scan.due(surely=surely):
            self._scan.read(self._read_folder)

    def ready(self) -> list[str]:
        """The jobs whose time has come."""
        now_s = self._clock.monotonic_s()
        ready = [workflow_id for workflow_id, due_s in self._timed.items() if due_s <= now_s]
        for workflow_id in ready:
            del self._timed[workflow_id]
        return ready

    @property
    def after(self) -> dict[str, list[str]]:
        """The jobs that wait for another, by that."""
        return self._after

    def _read_folder(self) -> None:
        self._timed, self._after = {}, {}
        for path in self._queue.folders.records(JobState.DEFERRED):
            with suppress(ConfigError, OSError):  # it has moved on; or it stays, as it cannot be read
                record = read_record(path)
                wait = record.wait
                if wait and wait.due_s is not None:
                    of_this_boot = wait.boot_id == self._clock.boot_id
                    self._timed[record.workflow_id] = wait.due_s if of_this_boot else 0.0
                elif record.after:
                    self._after.setdefault(intern(record.after), []).append(record.workflow_id)

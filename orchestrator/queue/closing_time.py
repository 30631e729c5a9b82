"""Closing time: after it nothing is started, and before it nothing that cannot be expected to be done by then."""

from contextlib import suppress
from datetime import datetime, timedelta

from orchestrator.queue.clock import Clock
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.record import JobState, read_record
from orchestrator.queue.waiting import WaitingJob
from phase_worker.contract import ConfigError


class ClosingTime:
    """A job is expected to take as long as the longest of its workflow and strategy that is done.

    Where none is, its `resources.job_time`, else its `resources.time`. Closing time is turned into the monotonic
    clock's once, at the start.
    """

    def __init__(self, queue: QueueDirectory, closing: datetime | None, clock: Clock) -> None:
        self._clock = clock
        self._closing_s = None if closing is None else clock.monotonic_s() + (closing - clock.now()).total_seconds()
        self._longest_s = {} if closing is None else _longest(queue)

    @property
    def passed(self) -> bool:
        return self._closing_s is not None and self._clock.monotonic_s() >= self._closing_s

    def allows(self, job: WaitingJob) -> bool:
        """Whether a job that is started now can be expected to be done in time."""
        if self._closing_s is None:
            return True
        return self._clock.monotonic_s() + self._longest_s.get(job.kind, job.time_s) <= self._closing_s


def next_time(clock_time: str, now: datetime) -> datetime:
    """The next moment at which local clocks show `HH:MM`; `now` has a time zone. Raises ValueError."""
    wanted = datetime.strptime(clock_time, "%H:%M").time()  # noqa: DTZ007 -- only its time is taken
    local = now.astimezone()
    closing = local.replace(hour=wanted.hour, minute=wanted.minute, second=0, microsecond=0, tzinfo=None)
    if closing <= local.replace(tzinfo=None):
        closing += timedelta(days=1)
    return closing.astimezone()


def _longest(queue: QueueDirectory) -> dict[tuple[str, str], float]:
    longest: dict[tuple[str, str], float] = {}
    for path in queue.folders.records(JobState.DONE):
        with suppress(OSError, ConfigError):
            record = read_record(path)
            kind = (record.workflow, record.strategy)
            longest[kind] = max(longest.get(kind, 0.0), record.wall_s)
    return longest

"""A queue that others work on, as its folders tell of it."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.cli.display.durations import clock
from orchestrator.job_file.errors import printable
from orchestrator.queue.folders import QueueFolders, reported_file, workflow_id_of
from orchestrator.queue.listing import first_problem
from orchestrator.queue.record import JobRecord, JobState, read_record
from orchestrator.text_table import table
from phase_worker.contract import ConfigError

_NEED_A_LOOK = (JobState.FAILED, JobState.HELD, JobState.BAD)
_SHOWN = 5  # of those in each state


@dataclass(frozen=True, slots=True)
class _Job:
    """`since_s` is when it came into its state, by the wall clock."""

    state: JobState
    path: Path
    since_s: float


class FollowedQueue:
    """`look` gives what has changed, `text` how it is; records are read of what is shown only."""

    def __init__(self, folders: QueueFolders) -> None:
        self._folders = folders
        self._jobs = dict(self._found())

    def look(self) -> list[str]:
        """What has changed since the last look, one line each."""
        before, self._jobs = self._jobs, dict(self._found())
        changes = []
        for name in before.keys() | self._jobs.keys():
            was = before[name].state if name in before else "not there"
            now = self._jobs[name].state if name in self._jobs else "gone"
            if was != now:
                changes.append(f"{printable(name)}: {was}, now {now}{self._why(name)}")
        return sorted(changes)

    def counts(self) -> str:
        """How many jobs are in each state."""
        states = [job.state for job in self._jobs.values()]
        said = [f"{states.count(state)} {state}" for state in JobState if state in states]
        return ", ".join(said) or "nothing there"

    def text(self) -> str:
        """Counts; since when what runs; until when what waits; what ended otherwise than well, the last first."""
        now_s = time.time()
        rows = []
        for state in (JobState.ACTIVE, JobState.DEFERRED, *_NEED_A_LOOK):
            jobs = sorted(
                ((name, job) for name, job in self._jobs.items() if job.state is state),
                key=lambda item: -item[1].since_s,
            )
            for name, job in jobs[:_SHOWN]:
                rows.append((state, printable(name), clock(max(0.0, now_s - job.since_s)), self._why(name)[2:]))
            if len(jobs) > _SHOWN:
                rows.append((state, f"and {len(jobs) - _SHOWN} more", "", ""))
        title = f"{self._folders.root}: {self.counts()}"
        return "\n".join([title, table(rows, left=4)] if rows else [title])

    def _why(self, name: str) -> str:
        if name not in self._jobs:
            return ""
        job = self._jobs[name]
        if job.state is JobState.BAD:
            return f": {printable(first_problem(job.path))}"
        with suppress(FileNotFoundError, ConfigError):  # it has moved on, or is no record
            return f": {printable(why)}" if (why := _reason(read_record(job.path))) else ""
        return ""

    def _found(self) -> Iterator[tuple[str, _Job]]:
        for state in JobState:
            # Job files that are no records have a report beside them, as records there have.
            bad = state is JobState.BAD
            for path in self._folders.reports() if bad else self._folders.records(state):
                with suppress(FileNotFoundError):
                    name = workflow_id_of(reported_file(path) if bad else path)
                    yield name, _Job(state, path, path.stat().st_ctime)


def _reason(record: JobRecord) -> str:
    if record.wait is None:
        return record.reason or (f"after {record.after}" if record.after else "")
    return f"until {record.wait.until}: {record.wait.why}" if record.wait.until else record.wait.why

"""The queue's page: what ran tonight, what needs a look and why, what runs and what waits."""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from orchestrator.job_file.errors import printable
from orchestrator.queue.boundary import error_of
from orchestrator.queue.clock import Clock, display
from orchestrator.queue.folders import QueueFolders
from orchestrator.queue.overview import Overview, OverviewReader, QueuedJob
from orchestrator.queue.record import JobState
from phase_worker.contract import ConfigError, RunPaths
from phase_worker.contract.html_page import Markup, element, page, table

_LOOK_S = 5.0
_SHARE = 0.02  # of the time may go into the page, however many jobs there are
_REFRESH_S = 30
_SPACE = "\N{NO-BREAK SPACE}"
_COLOURS = {JobState.DONE: "good", JobState.FAILED: "bad", JobState.HELD: "bad", JobState.BAD: "bad"}


class QueuePage:
    """Writes `index.html` when jobs have changed their state, seldom enough; what goes wrong is told once."""

    def __init__(self, folders: QueueFolders, traces_dir: Path, clock: Clock, tell: Callable[[str], None]) -> None:
        self._folders = folders
        self._reader = OverviewReader(folders)
        self._traces_dir = traces_dir
        self._clock = clock
        self._tell = tell
        self._told = False
        self._next_s = -1.0
        self._shown: tuple[int, ...] = ()

    def look(self) -> None:
        """Write it if it is time for that."""
        started_s = self._clock.monotonic_s()
        if started_s >= self._next_s:
            self.write()
            ended_s = self._clock.monotonic_s()
            self._next_s = ended_s + max(_LOOK_S, (ended_s - started_s) / _SHARE)

    def write(self) -> None:
        """Write it if anything has changed; the page must never harm the queue."""
        error = error_of(self._write)
        if error is not None and not self._told:
            self._told = True
            self._tell(f"the queue's page cannot be written, and the queue goes on without: {error}")

    def _write(self) -> None:
        if (found := self._reader.fingerprint()) != self._shown:
            write_page(self._folders, self._reader.read(self._clock.now().timestamp()), self._traces_dir, self._clock)
            self._shown = found


def write_page(folders: QueueFolders, overview: Overview, traces_dir: Path, clock: Clock) -> None:
    """Replace the page at once; raises OSError."""
    made = folders.temporary / f"{folders.page.name}.{os.getpid()}"
    try:
        made.write_bytes(queue_page(overview, folders.root, traces_dir, clock.now()))
        made.replace(folders.page)
    finally:
        made.unlink(missing_ok=True)


def queue_page(overview: Overview, root: Path, traces_dir: Path, now: datetime) -> bytes:
    """The page as it stands in `root`: its links are relative."""
    links = _Links(root, traces_dir)
    counts, tonight = overview.counts, overview.tonight
    ended = sum(tonight[state] for state in (JobState.DONE, JobState.CANCELLED))
    troubles = tonight[JobState.FAILED] + counts[JobState.HELD] + counts[JobState.BAD]
    waiting = counts[JobState.NEW] + counts[JobState.DEFERRED]
    sections = [
        ("tonight", "The last 24 hours", _tiles(overview, traces_dir)),
        ("look", "Needs a look", _troubles(overview.troubles, troubles, links)),
        ("running", "Running", _running(overview.active, counts[JobState.ACTIVE])),
        ("waiting", "Waiting", _waiting(overview.waiting, waiting)),
        ("ended", "Done or cancelled", _ended(overview.ended, ended, links)),
    ]
    who = "a coordinator is at work" if overview.alive else "no coordinator is at work"
    heading = f"{root}, as of {display(now)}: {who}"
    return page("Daybreak queue", heading, sections, refresh_s=_REFRESH_S if overview.alive else None)


def _tiles(overview: Overview, traces_dir: Path) -> Markup:
    counts, tonight = overview.counts, overview.tonight
    records = [job.record for job in (*overview.ended, *overview.troubles) if job.record]
    figures = [
        *((str(state), tonight[state]) for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)),
        *((f"{state} by now", counts[state]) for state in (JobState.HELD, JobState.BAD)),
        ("running", counts[JobState.ACTIVE]),
        ("queued", counts[JobState.NEW]),
        ("deferred", counts[JobState.DEFERRED]),
    ]
    shown = [(name, f"{number:,}") for name, number in figures]
    shown += [
        ("time, of those listed", _duration(sum(record.wall_s for record in records))),
        ("cpu, of those listed", _duration(sum(record.cpu_s for record in records))),
        ("free on disk", f"{shutil.disk_usage(traces_dir).free / 2**30:,.1f} GiB"),
    ]
    return element(
        "dl", *(element("div", element("dt", name), element("dd", text)) for name, text in shown), class_="tiles"
    )


def _troubles(jobs: Sequence[QueuedJob], count: int, links: "_Links") -> Markup:
    rows = [(links.name(job), _state(job), _time(job.since_s), printable(job.reason), links.of(job)) for job in jobs]
    return _table(("job", "state", "since (UTC)", "why", "see"), rows, "Failed, held or bad, the newest first", count)


def _running(jobs: Sequence[QueuedJob], count: int) -> Markup:
    rows = [(printable(job.name), _kind(job), _time(job.since_s), job.path.parent.name) for job in jobs]
    return _table(("job", "what", "since (UTC)", "coordinator"), rows, "The newest first", count)


def _waiting(jobs: Sequence[QueuedJob], count: int) -> Markup:
    rows = [
        (printable(job.name), _kind(job), str(job.record.priority if job.record else ""), _until(job)) for job in jobs
    ]
    return _table(("job", "what", "priority", "waits"), rows, "In the order in which they come", count)


def _ended(jobs: Sequence[QueuedJob], count: int, links: "_Links") -> Markup:
    rows = [(links.name(job), _kind(job), _state(job), _time(job.since_s), *_cost(job), links.of(job)) for job in jobs]
    return _table(("job", "what", "state", "at (UTC)", "time", "cpu", "see"), rows, "The newest first", count)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str, count: int) -> Markup:
    if not rows:
        return element("p", "None.")
    more = f"{count - len(rows):,} more are not shown." if count > len(rows) else None
    return table(header, rows, caption=caption, left=len(header), more=more)


def _state(job: QueuedJob) -> Markup:
    return element("span", str(job.state), class_=_COLOURS.get(job.state))


def _kind(job: QueuedJob) -> str:
    return printable(f"{job.record.workflow} {job.record.strategy}") if job.record else ""


def _cost(job: QueuedJob) -> tuple[str, str]:
    return (_duration(job.record.wall_s), _duration(job.record.cpu_s)) if job.record else ("", "")


def _until(job: QueuedJob) -> str:
    record = job.record
    if record is None or job.state is JobState.NEW:
        return "for room"
    if record.wait and record.wait.until:
        return printable(f"until {record.wait.until}: {record.wait.why}")
    return printable(f"for {record.after}")


def _time(at_s: float) -> Markup:
    moment = display(datetime.fromtimestamp(at_s, UTC))
    return element("time", moment.replace("T", _SPACE).removesuffix("Z"), datetime=moment)


def _duration(duration_s: float) -> str:
    minutes, seconds = divmod(duration_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds:.0f} s" if minutes else f"{seconds:.2f} s"
    return text.replace(" ", _SPACE)


class _Links:
    """From the page to the files of a job, where they are."""

    def __init__(self, root: Path, traces_dir: Path) -> None:
        self._root = root
        self._traces_dir = traces_dir

    def name(self, job: QueuedJob) -> Markup:
        """The job's name; it leads to the run's directory, or to the refused file."""
        target = job.path if job.record is None else RunPaths(self._traces_dir, job.record.workflow_id).run_dir
        return self._to(target, printable(job.name))

    def of(self, job: QueuedJob) -> Markup:
        """Its report, and the log of the phase that its reason begins with."""
        if job.record is None:
            return Markup("")
        paths = RunPaths(self._traces_dir, job.record.workflow_id)
        found = [self._to(paths.report, "report")] if paths.report.exists() else []
        with suppress(ConfigError):  # the reason begins with something else
            log = paths.log(job.reason.partition(":")[0])
            found += [self._to(log, "log")] if log.exists() else []
        return Markup(" ".join(found))

    def _to(self, target: Path, text: str) -> Markup:
        if not target.exists():
            return element("span", text)
        return element("a", text, href=quote(os.path.relpath(target, self._root)))

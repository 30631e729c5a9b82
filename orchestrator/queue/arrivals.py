"""What becomes ready to start: jobs submitted, dropped, deferred until now, or left by a dead coordinator."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import orjson

from orchestrator.job_file.errors import printable
from orchestrator.queue.clock import Clock
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.intake import Intake
from orchestrator.queue.moves import move
from orchestrator.queue.night import Night
from orchestrator.queue.record import JobRecord, JobState
from orchestrator.queue.recovery import clean_up, reclaim_all
from orchestrator.queue.submission import Submission, error_report
from orchestrator.queue.verdict import is_out_of_space
from orchestrator.queue.waiting import DeferredJobs, WaitingJob, WaitingJobs
from phase_worker.contract import ConfigError, RunPaths, write_atomically

_RECLAIM_S = 10.0
_SLICE_S = 0.2  # for taking in dropped files, so that what runs is not kept waiting
_HOPELESS = (JobState.FAILED, JobState.BAD, JobState.CANCELLED)


class Arrivals:
    """Looks for work; `look` is cheap when nothing has changed."""

    def __init__(
        self,
        queue: QueueDirectory,
        traces_dir: Path,
        allowed_roots: Sequence[Path],
        clock: Clock,
        night: Night,
        tell: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._traces_dir = traces_dir
        self._clock = clock
        self._night = night
        self._tell = tell
        self._intake = Intake(queue, Submission(traces_dir, allowed_roots, clock), clock)
        self._waiting = WaitingJobs(queue, clock)
        self._deferred = DeferredJobs(queue, clock)
        self._next_reclaim_s = -1.0

    def exhausted(self) -> bool:
        """Whether nothing is known of that is ready, or will be by itself."""
        return self._waiting.first() is None and not self._intake.pending and not self._deferred.timed

    def first(self) -> WaitingJob | None:
        """The job to be started next."""
        return self._waiting.first()

    def pop(self) -> WaitingJob:
        """Take it out."""
        return self._waiting.pop()

    def leave_first(self) -> None:
        """Take no more notice of it."""
        self._waiting.leave_first()

    def look(self, *, surely: bool = False) -> None:
        """Take notice of all that has come, if `surely` also of the last moment's; raises OSError on a full disk."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._next_reclaim_s:
            if self._next_reclaim_s < 0:
                clean_up(self._queue, self._clock.now().timestamp())
            self._next_reclaim_s = now_s + _RECLAIM_S
            self._reclaim()
        self._take_in()
        self._deferred.refresh(surely=surely)
        self._release_deferred()
        for path, error in self._waiting.refresh(surely=surely):
            self._quarantine(path, error)

    def _reclaim(self) -> None:
        for job in reclaim_all(self._queue):
            self._night.reclaimed += 1
            self._tell(f"{job.workflow_id} reclaimed from a coordinator that died: {job.state}")
            if job.state is JobState.HELD:
                self._night.end(job.workflow_id, job.state, "coordinators died over it again and again")

    def _take_in(self) -> None:
        with self._intake.alone() as alone:
            stable = self._intake.stable()
            until_s = self._clock.monotonic_s() + _SLICE_S
            for path in stable if alone else []:
                if self._clock.monotonic_s() >= until_s:
                    break
                self._take(path)

    def _take(self, path: Path) -> None:
        try:
            jobs = self._intake.take(path)
        except OSError as error:
            if is_out_of_space(error):
                raise
            self._tell(f"{printable(path.name)} cannot be taken in, and is left alone: {error}")
            self._intake.ignore(path)
            return
        for taken in jobs:
            if taken.refused:
                self._night.end(taken.name, JobState.BAD, taken.refused)
                self._tell(f"{taken.name} is bad: {taken.refused}; see {self._queue.folders.state(JobState.BAD)}")
            elif taken.known:
                self._tell(f"{taken.name} is {taken.workflow_id}, which is {taken.known}: nothing to do")

    def _release_deferred(self) -> None:
        for workflow_id in self._deferred.ready():
            self._move_on(workflow_id, JobState.NEW)
        for other, workflow_ids in list(self._deferred.after.items()):
            state = self._state_of(other)
            if state is JobState.DONE:
                for workflow_id in workflow_ids:
                    self._move_on(workflow_id, JobState.NEW)
            elif state in _HOPELESS:
                for workflow_id in workflow_ids:
                    self._hold(workflow_id, f"E-AFTER: it was to run after '{other}', which is {state}")
            if state is JobState.DONE or state in _HOPELESS:
                del self._deferred.after[other]

    def _move_on(self, workflow_id: str, state: JobState) -> None:
        with suppress(ConfigError):  # somebody else has moved it
            self._queue.change(workflow_id, {JobState.DEFERRED: state})

    def _hold(self, workflow_id: str, reason: str) -> None:
        def with_reason(record: JobRecord) -> JobRecord:
            return replace(record, reason=reason)

        with suppress(ConfigError):
            self._queue.change(workflow_id, {JobState.DEFERRED: JobState.HELD}, with_reason)
            self._night.end(workflow_id, JobState.HELD, reason)
            self._tell(f"{workflow_id} held: {reason}")

    def _state_of(self, workflow_id: str) -> JobState | None:
        """The state of a job in the queue; of a run that never was in it, done or None."""
        if (found := self._queue.folders.find(workflow_id)) is not None:
            return found[0]
        with suppress(OSError, ValueError):
            run = orjson.loads(RunPaths(self._traces_dir, workflow_id).run_json.read_bytes())
            return JobState.DONE if run["state"] == "done" else None
        return None

    def _quarantine(self, path: Path, error: ConfigError) -> None:
        target = self._queue.folders.refused(path.name)
        with suppress(FileNotFoundError, FileExistsError):
            write_atomically(target.with_name(f"{target.name}.error.json"), error_report(error, None))
            move(path, target)
            self._night.end(path.name, JobState.BAD, error.code)
            self._tell(f"{path.name} is bad: {error.code}")

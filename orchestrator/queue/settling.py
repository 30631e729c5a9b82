"""Settling: a job gets its next state, recorded and moved, even on a full disk."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from orchestrator.queue.active_job import ActiveJob
from orchestrator.queue.boundary import error_of
from orchestrator.queue.clock import Clock, display
from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.disk import DiskWatch
from orchestrator.queue.folders import REPORT_SUFFIX
from orchestrator.queue.night import Night
from orchestrator.queue.record import JobRecord, JobState, Leaving, Wait
from orchestrator.queue.submission import error_report
from orchestrator.queue.verdict import Verdict, is_out_of_space
from phase_worker.contract import ConfigError, write_atomically

logger = logging.getLogger(__name__)

_PAUSE_S = 5.0
_FINAL = (JobState.DONE, JobState.FAILED, JobState.HELD, JobState.BAD, JobState.CANCELLED)


class Settling:
    """Carries out verdicts; pauses everything where there is no room on the disk."""

    def __init__(
        self,
        queue: QueueDirectory,
        seat: Seat,
        disk: DiskWatch,
        clock: Clock,
        night: Night,
        tell: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._seat = seat
        self._disk = disk
        self._clock = clock
        self._night = night
        self._tell = tell
        self.paused = False
        self._next_try_s = 0.0

    def look(self) -> None:
        """Have the reserve ready; after a pause, go on once there is room again."""
        if self.paused and (self._clock.monotonic_s() < self._next_try_s or not self._disk.has_room()):
            return
        try:
            self._disk.keep_reserve()
        except OSError as error:
            self.pause(str(error))
        else:
            if self.paused:
                self._tell("there is room again: going on")
            self.paused = False

    def pause(self, why: str) -> None:
        """Start nothing until there is room; no job is charged for it."""
        self._next_try_s = self._clock.monotonic_s() + _PAUSE_S
        if not self.paused:
            self.paused = True
            self._night.pauses += 1
            self._tell(f"paused until there is room on the disk: {why}")

    def trouble(self, error: Exception) -> None:
        """Something failed that was no job's: pause, if that was for want of room."""
        if is_out_of_space(error):
            self.pause(str(error))
        else:
            self._tell(f"looking for jobs failed: {error}")

    def settle(self, job: ActiveJob, verdict: Verdict) -> JobState | None:
        """Put a job where the verdict says; gives the state, if it is a final one."""
        if verdict.out_of_space:
            self.pause(verdict.reason)
        error = error_of(lambda: self._record(job, verdict))
        if error is not None and is_out_of_space(error):
            self._disk.release_reserve()
            error = error_of(lambda: self._record(job, verdict))
        if isinstance(error, FileExistsError):
            # Somebody has copied a record by hand. Run again, the job would meet it again, and so for ever.
            self._tell(f"{job.record.workflow_id} stays where it is, as its place is taken: {error}")
            job.close()
            return None
        if error is not None:
            # Without a record of its end it waits again; what is sealed is not run again.
            verdict = Verdict(JobState.NEW, f"its end could not be recorded: {error}")
            self.pause(verdict.reason)
            if (error := error_of(lambda: self._put_back(job))) is not None:
                self._tell(f"{job.record.workflow_id} stays where it is until it is reclaimed: {error}")
        job.close()
        return self._announce(job, verdict)

    def refuse(self, job: ActiveJob, error: ConfigError) -> None:
        """Put away a job that cannot even be begun, with the reason beside it."""
        name = job.record.workflow_id
        target = self._queue.folders.record(JobState.BAD, name)
        report = error_report(error, job.record.job.encode())
        leaving = Leaving(self._seat.name, JobState.BAD)
        record = replace(job.record, reason=str(error), leaving=leaving, finished_at=display(self._clock.now()))

        def put_away() -> None:
            write_atomically(target.with_name(target.name + REPORT_SUFFIX), report)
            self._seat.put(job.path, JobState.BAD, record)

        failure = error_of(put_away)
        if failure is not None:
            self.trouble(failure)
            error_of(lambda: self._put_back(job))
            return
        self._night.end(name, JobState.BAD, error.code)
        self._tell(f"{name} is bad: {error}")

    def _record(self, job: ActiveJob, verdict: Verdict) -> None:
        state = verdict.state
        if job.run is not None and state is not JobState.NEW and job.outcomes:
            job.run.end(job.outcomes, failed=state is not JobState.DONE)
        if state is JobState.NEW and not verdict.killed:
            self._seat.put(job.path, state)
            return
        job.record = self._updated(job, verdict)
        self._seat.put(job.path, state, job.record)

    def _updated(self, job: ActiveJob, verdict: Verdict) -> JobRecord:
        now = self._clock.now()
        wait = None
        if verdict.state is JobState.DEFERRED:
            wait = Wait(
                why=verdict.reason,
                due_s=self._clock.monotonic_s() + verdict.wait_s,
                boot_id=self._clock.boot_id,
                until=display(now + timedelta(seconds=verdict.wait_s)),
            )
        return replace(
            job.record,
            transient=job.record.transient + verdict.transient,
            killed=job.record.killed + verdict.killed,
            wait=wait,
            leaving=Leaving(self._seat.name, verdict.state),
            reason=verdict.reason,
            finished_at=display(now) if verdict.state in _FINAL else "",
            wall_s=round(self._clock.monotonic_s() - job.started_s, 3),
            cpu_s=round(sum(outcome.resources.cpu_s for outcome in job.outcomes.values()), 3),
        )

    def _put_back(self, job: ActiveJob) -> None:
        with suppress(FileNotFoundError):  # it was moved, and only what came after that failed
            self._seat.put(job.path, JobState.NEW)

    def _announce(self, job: ActiveJob, verdict: Verdict) -> JobState | None:
        name = job.record.workflow_id
        why = f": {verdict.reason}" if verdict.reason else ""
        if verdict.state in _FINAL:
            self._night.end(name, verdict.state, verdict.reason)
            self._tell(f"{name} {verdict.state} after {self._clock.monotonic_s() - job.started_s:.1f} s{why}")
            return verdict.state
        if verdict.transient or verdict.killed:
            self._night.retries += 1
        until = f" until {job.record.wait.until}" if job.record.wait else ""
        self._tell(f"{name} {'deferred' if until else 'back in the queue'}{until}{why}")
        return None

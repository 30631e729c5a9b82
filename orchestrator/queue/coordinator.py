"""The queue's coordinator: drains many jobs at once over one set of slots."""

import logging
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.warm_start import WarmStart
from orchestrator.queue.active_job import ActiveJob
from orchestrator.queue.arrivals import Arrivals
from orchestrator.queue.boundary import error_of
from orchestrator.queue.clock import Clock
from orchestrator.queue.closing_time import ClosingTime
from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.disk import DiskWatch
from orchestrator.queue.folders import cancel_request
from orchestrator.queue.night import Night
from orchestrator.queue.on_finish import FinishCommands
from orchestrator.queue.page import QueuePage
from orchestrator.queue.record import JobState, read_record
from orchestrator.queue.settling import Settling
from orchestrator.queue.verdict import HANDED_BACK, Verdict, judge, judge_error
from orchestrator.sequencer import Sequencer
from phase_worker.contract import ConfigError
from phase_worker.contract.process_marks import run_mark

logger = logging.getLogger(__name__)

_LOOK_S = 0.5
_ALONE_AFTER_DEATHS = 2  # so that one job that kills coordinators does not take others with it again and again


@dataclass(frozen=True, slots=True)
class DrainSettings:
    """What the operator decides; `closing` is when no more is started, `max_load` the load average above which."""

    traces_dir: Path
    allowed_roots: Sequence[Path]
    slots: int
    memory_bytes: int
    start: Literal["warm", "cold"] = "warm"
    grace_s: float = 30.0
    closing: datetime | None = None
    max_load: float | None = None
    min_free_bytes: int = 256 << 20
    run_on_finish: bool = True


class QueueCoordinator:
    """Claims jobs while there is room, has their phases run, and puts every job where its end says.

    `tell` is given a line for each thing that happens. Single-threaded: nothing here waits for longer than half a
    second, but for the disk.
    """

    def __init__(
        self, queue: QueueDirectory, settings: DrainSettings, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._queue = queue
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self.night = Night(clock.now())
        self._disk = DiskWatch(queue.folders.root, settings.traces_dir, queue.folders.reserve, settings.min_free_bytes)
        self._arrivals = Arrivals(queue, settings.traces_dir, settings.allowed_roots, clock, self.night, tell)
        self._closing = ClosingTime(queue, settings.closing, clock)
        self._commands = FinishCommands(clock)
        self._seat = Seat(queue, f"{os.uname().nodename[:40]}-{os.getpid()}-{secrets.token_hex(4)}")
        self._settling = Settling(queue, self._seat, self._disk, clock, self.night, tell)
        self._page = QueuePage(queue.folders, settings.traces_dir, clock, tell)
        self._active: list[ActiveJob] = []
        self._sequencer: Sequencer
        self._next_look_s = -1.0
        self._signals = 0

    def finish_soon(self) -> None:
        """Start nothing more, and hand back what is not done when the running phases have ended; twice: at once."""
        self._signals += 1

    def work(self, *, stay: bool) -> None:
        """Drain the queue; with `stay`, go on until asked to finish or until closing time."""
        mark = run_mark(self._seat.path)
        start_process = {"warm": WarmStart, "cold": ColdStart}[self._settings.start](mark=mark)
        executor = LocalExecutor(grace_s=self._settings.grace_s, start_process=start_process, mark=mark)
        with closing(executor):
            self._sequencer = Sequencer(executor, slots=self._settings.slots, memory_bytes=self._settings.memory_bytes)
            while not self._over(stay=stay):
                self._look_around()
                if not self._signals and not self._settling.paused:
                    self._fill()
                elif self._advance_all():
                    continue
                self._wait()
            self._advance_all()  # what has ended just now
        for job in list(self._active):
            self._settle(job, HANDED_BACK)
        self._commands.wait()
        self._seat.leave()
        self._page.write()

    def _over(self, *, stay: bool) -> bool:
        if self._signals:
            return self._signals > 1 or not self._sequencer.running
        if self._active or self._next_look_s < 0:
            return False
        if self._closing.passed:
            return True
        if stay or not self._arrivals.exhausted() or self._settling.paused:
            return False
        self._guard_arrivals(surely=True)
        return self._arrivals.exhausted() and not self._settling.paused

    def _look_around(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s < self._next_look_s:
            return
        self._commands.poll()
        self._settling.look()
        if not self._signals and not self._settling.paused:
            self._guard_arrivals()
        for job in self._active:
            self._look_at(job, now_s)
        if not self._settling.paused:
            self._page.look()
        self._next_look_s = self._clock.monotonic_s() + _LOOK_S

    def _guard_arrivals(self, *, surely: bool = False) -> None:
        error = error_of(lambda: self._arrivals.look(surely=surely))
        if error is not None:
            self._settling.trouble(error)

    def _look_at(self, job: ActiveJob, now_s: float) -> None:
        """End a job early whose owner or whose time limit says so."""
        limit_s = job.job.resources.job_time_s if job.job else None
        if cancel_request(job.path).exists():
            job.stop(self._sequencer, Verdict(JobState.CANCELLED, "cancelled"), "E-CANCELLED")
        elif limit_s is not None and now_s - job.started_s > limit_s:
            reason = f"the job took longer than its limit of {limit_s:g} s. Raise resources.job_time in the job."
            job.stop(self._sequencer, Verdict(JobState.FAILED, f"E-JOBTIME: {reason}"), "E-JOBTIME")

    def _fill(self) -> None:
        """Start all there is room for: phases of active jobs first, then of jobs that wait."""
        while True:
            room = self._sequencer.start_ready()
            if not self._advance_all() and not (room and self._claim_next()):
                return

    def _claim_next(self) -> bool:
        """Claim the job that is next, if it may be started now."""
        waiting = self._arrivals.first()
        if waiting is None or not self._may_start(waiting.deaths):
            return False
        if not self._closing.allows(waiting):
            self._arrivals.leave_first()  # for another night
            return True
        path = self._queue.folders.state(JobState.NEW) / self._arrivals.pop().name
        try:
            record = read_record(path)
            claimed = self._seat.claim(path)
        except (FileNotFoundError, ConfigError):  # another was faster; what is no record, the next scan finds
            return True
        except OSError as error:
            self._settling.pause(str(error))
            return False
        self._begin(ActiveJob(claimed, record, self._clock.monotonic_s()))
        return True

    def _may_start(self, deaths: int) -> bool:
        if self._active and max(deaths, *(job.record.deaths for job in self._active)) >= _ALONE_AFTER_DEATHS:
            return False
        if self._settings.max_load is not None and os.getloadavg()[0] > self._settings.max_load:
            return False
        if not self._disk.has_room():
            self._settling.pause("there is too little room on the disk")
            return False
        return True

    def _begin(self, job: ActiveJob) -> None:
        self._active.append(job)
        attempt = f", attempt {job.record.attempt}" if job.record.attempt > 1 else ""
        self._tell(f"{job.record.workflow_id} started{attempt}")
        error = error_of(lambda: job.parse(self._settings.allowed_roots))
        if isinstance(error, ConfigError):
            self._active.remove(job)
            self._settling.refuse(job, error)
            return
        mark = run_mark(self._seat.path)
        error = error or error_of(lambda: job.begin(self._sequencer, self._settings.traces_dir, mark))
        if error is not None:
            self._settle(job, judge_error(job.record, error))

    def _advance_all(self) -> bool:
        """Go on with every job whose phases have ended; whether there was any."""
        advanced = [self._advance(job) for job in list(self._active)]
        return any(advanced)

    def _advance(self, job: ActiveJob) -> bool:
        if job.batch is not None and job.batch.active:
            return False
        ended: list[bool] = []
        error = error_of(lambda: ended.append(job.advance(self._sequencer)))
        if error is not None:
            self._settle(job, judge_error(job.record, error))
        elif ended[0]:
            full = not self._disk.has_room()
            self._settle(job, job.stopped or judge(job.record, job.outcomes.values(), disk_is_full=full))
        return True

    def _settle(self, job: ActiveJob, verdict: Verdict) -> None:
        self._active.remove(job)
        state = self._settling.settle(job, verdict)
        words = job.job.on_finish if job.job else ()
        if state is not None and words and self._settings.run_on_finish and job.run is not None:
            self._commands.start(words, job.record, state, job.run.paths.run_dir)

    def _wait(self) -> None:
        """Until a phase ends, or until it is time for the next look."""
        wait_s = max(0.0, self._next_look_s - self._clock.monotonic_s())
        if self._sequencer.running:
            self._sequencer.wait(wait_s)
        else:
            self._clock.sleep(wait_s)

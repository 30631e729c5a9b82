"""The local executor: phases as child processes on this machine."""

import math
import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.executors.lost_phase import lost_outcome, read_own_outcome
from orchestrator.executors.orphans import adopt_orphans, may_have_unknown_children
from orchestrator.executors.phase_process import PhaseProcess, StartProcess
from orchestrator.executors.warm_start import WarmStart
from phase_worker.contract.files import write_atomically
from phase_worker.contract.outcome import ErrorReport, PhaseOutcome, PhaseState
from phase_worker.contract.process_marks import run_mark
from phase_worker.contract.request import PhaseRequest

_CLOSE_GRACE_S = 2.0
_LONGEST_WAIT_S = 86_400.0  # poll takes no more than 24 days


@dataclass(slots=True)
class _RunningPhase:
    request: PhaseRequest
    process: PhaseProcess
    started_s: float
    signal_due_s: float
    timed_out: bool = False
    stop_reason: ErrorReport | None = None


class LocalExecutor:
    """Runs phases on this machine, as many at a time as are started.

    A phase that reaches its time limit gets SIGTERM, `grace_s` later SIGKILL. Whatever way a phase ends, nothing of its
    process tree outlives it. A phase is killed when the thread that started it ends: start from one that waits.
    `mark` is the DAYBREAK_RUN with which `start_process` starts all phases; without it, each has its own run's.
    """

    def __init__(
        self, *, grace_s: float = 30.0, start_process: StartProcess | None = None, mark: str | None = None
    ) -> None:
        self._grace_s = grace_s
        self._start_process = start_process or WarmStart()
        self._running: dict[int, _RunningPhase] = {}  # by the descriptor that shows its end
        self._ends = select.poll()
        self._mark = mark
        self._runs = {} if mark is None else {Path(mark): mark}  # directory -> run mark
        adopt_orphans()

    def start(self, request: PhaseRequest) -> None:
        """Write the request and start its process; raises TransientError or OSError if that cannot be done."""
        paths, phase, run_dir = request.paths, request.phase, request.paths.run_dir
        if run_dir not in self._runs:
            run_dir.mkdir(parents=True, exist_ok=True)
            if self._mark is None:
                self._runs[run_dir] = run_mark(run_dir)
        paths.outcome(phase).unlink(missing_ok=True)
        write_atomically(paths.request(phase), request.to_json(), durable=False)
        log_fd = os.open(paths.log(phase), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        started_s = time.monotonic()
        try:
            process = self._start_process(request, log_fd)
        finally:
            os.close(log_fd)
        self._running[process.fileno()] = _RunningPhase(request, process, started_s, started_s + request.limits.time_s)
        self._ends.register(process, select.POLLIN)

    def next_outcome(self, timeout_s: float = math.inf) -> PhaseOutcome:
        """Wait for a phase to end; one that leaves no valid outcome gets one that says how it ended.

        What the phase says is taken as it is. A completed outcome with its sealed trace holds even if it came after the
        time limit: the trace is the commit record.
        """
        if not self._running:
            raise RuntimeError("next_outcome() waits for a phase, and none is running")
        until_s = time.monotonic() + timeout_s
        while (ended := self._wait_for_end(min(until_s, self._next_signal_due_s()))) is None:
            self._signal_overdue()
            if time.monotonic() >= until_s:
                raise TimeoutError
        wall_s = time.monotonic() - ended.started_s
        self._kill_left_overs(ended.process)
        outcome = read_own_outcome(ended.request)
        if outcome is not None and (outcome.settled or not ended.timed_out):
            ended.process.release()
            return outcome
        outcome = lost_outcome(
            ended.request, ended.process.pid, ended.process.reap(), wall_s, timed_out=ended.timed_out
        )
        if ended.stop_reason:
            outcome = replace(outcome, status=PhaseState.FAILED, error=ended.stop_reason)
        with suppress(OSError):  # on a full disk: who asked for the outcome has it all the same
            write_atomically(ended.request.paths.outcome(outcome.phase), outcome.to_json(), durable=False)
        return outcome

    def stop(self, request: PhaseRequest, reason: ErrorReport) -> None:
        """End a running phase as its time limit would."""
        for phase in self._running.values():
            if phase.request is request and not phase.timed_out:
                phase.stop_reason = reason
                phase.signal_due_s = time.monotonic()

    def close(self) -> None:
        """End all phases that still run, by SIGTERM and after at most 2 s by SIGKILL, with all their processes."""
        self._end_all(signal.SIGTERM, time.monotonic() + min(self._grace_s, _CLOSE_GRACE_S))
        self._end_all(signal.SIGKILL, math.inf)
        self._start_process.close()
        self._kill_left_overs()

    def _end_all(self, signal_number: signal.Signals, until_s: float) -> None:
        for phase in self._running.values():
            _signal_group(phase.process.pid, signal_number)
        while self._running and (ended := self._wait_for_end(until_s)) is not None:
            ended.process.release()

    def _wait_for_end(self, until_s: float) -> _RunningPhase | None:
        """Take one phase that has ended out of the running ones; None if there is none until then."""
        timeout_s = min(max(0.0, until_s - time.monotonic()), _LONGEST_WAIT_S)
        for descriptor, _ in self._ends.poll(math.ceil(timeout_s * 1000)):
            self._ends.unregister(descriptor)
            return self._running.pop(descriptor)
        return None

    def _next_signal_due_s(self) -> float:
        return min(phase.signal_due_s for phase in self._running.values())

    def _signal_overdue(self) -> None:
        now_s = time.monotonic()
        for phase in self._running.values():
            if phase.signal_due_s <= now_s:
                _signal_group(phase.process.pid, signal.SIGKILL if phase.timed_out else signal.SIGTERM)
                phase.signal_due_s = math.inf if phase.timed_out else now_s + self._grace_s
                phase.timed_out = True

    def _kill_left_overs(self, *unreaped: PhaseProcess) -> None:
        known = {process.pid for process in (*unreaped, *(phase.process for phase in self._running.values()))}
        if (server_pid := self._start_process.server_pid) is not None:
            known.add(server_pid)
        if may_have_unknown_children(known):
            # Its psutil costs 40 ms, and is needed only if there may be something to kill.
            from orchestrator.executors.process_tree import kill_left_overs  # noqa: PLC0415

            kill_left_overs(self._runs.values(), known)


def _signal_group(leader_pid: int, signal_number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # ended, and reaped by the program around us, which waits for any child
        os.killpg(leader_pid, signal_number)

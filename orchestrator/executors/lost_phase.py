"""The outcome of a phase that ended without a valid one of its own."""

import os
import signal
import time

from orchestrator.executors.phase_process import Ending
from phase_worker.contract.errors import OutOfMemoryError
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.outcome import (
    ErrorReport,
    PhaseOutcome,
    PhaseResources,
    PhaseState,
    display_time,
    read_outcome,
)
from phase_worker.contract.request import PhaseRequest


def read_own_outcome(request: PhaseRequest) -> PhaseOutcome | None:
    """The outcome that this attempt wrote; None if there is none, or if it speaks of a trace that is not there."""
    outcome = read_outcome(request.paths.outcome(request.phase))
    if outcome is None or (outcome.attempt, outcome.request_digest) != (request.attempt, request.digest):
        return None
    return None if outcome.settled and not request.paths.trace(request.phase).exists() else outcome


def lost_outcome(request: PhaseRequest, pid: int, ending: Ending, wall_s: float, *, timed_out: bool) -> PhaseOutcome:
    """What the executor says in place of the phase; its peak memory is not known."""
    now_s = time.time()
    return PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=request.phase,
        attempt=request.attempt,
        status=PhaseState.TIMED_OUT if timed_out else PhaseState.FAILED,
        request_digest=request.digest,
        exit_code=ending.exit_code,
        error=_explain_timeout(request) if timed_out else _explain_loss(request, ending.exit_code),
        resources=PhaseResources(wall_s=wall_s, cpu_s=ending.cpu_s),
        host=os.uname().nodename,
        pid=pid,
        started_at=display_time(now_s - wall_s),
        finished_at=display_time(now_s),
    )


def _explain_timeout(request: PhaseRequest) -> ErrorReport:
    message = f"the phase ran longer than its limit of {request.limits.time_s:g} s and was stopped."
    return ErrorReport("E-TIMEOUT", f"{message} Raise resources.time in the job. {_log_of(request)}")


def _explain_loss(request: PhaseRequest, exit_code: int | None) -> ErrorReport:
    if exit_code == ExitCode.OUT_OF_MEMORY:
        message = f"the phase needed more memory than its limit of {request.limits.memory_bytes / 2**20:.0f} MiB."
        return ErrorReport(OutOfMemoryError.code, f"{message} Raise resources.memory in the job. {_log_of(request)}")
    if exit_code is not None and exit_code < 0:
        hint = " (the machine ran out of memory, or somebody used kill -9)" if exit_code == -signal.SIGKILL else ""
        message = f"the phase was killed by {_signal_name(-exit_code)} ({-exit_code}){hint}."
        return ErrorReport("E-SIGNAL", f"{message} {_log_of(request)}")
    ended = "by a code that is unknown" if exit_code is None else f"with exit code {exit_code}"
    return ErrorReport("E-LOST", f"the phase ended {ended}, but left no valid outcome. {_log_of(request)}")


def _log_of(request: PhaseRequest) -> str:
    return f"Log: {request.paths.log(request.phase)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return "a signal"

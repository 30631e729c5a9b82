"""The phase process: `python -m phase_worker REQUEST`, or a fork of the fork server."""

import errno
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from phase_worker.containment import contain, peak_memory_bytes
from phase_worker.contract.errors import DaybreakError
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.files import write_atomically
from phase_worker.contract.outcome import ErrorReport, PhaseOutcome, PhaseResources, PhaseState, display_time
from phase_worker.contract.request import PhaseRequest
from phase_worker.phase_log import set_up_logging, write_line, write_text

if TYPE_CHECKING:
    from phase_worker.runner import PhaseResult, Preparation

_TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EMFILE, errno.ENFILE}


def main(arguments: list[str]) -> ExitCode:
    """Run the request in the file named by the one argument; the outcome says how it went."""
    if len(arguments) != 1:
        print("usage: python -m phase_worker REQUEST", file=sys.stderr)
        return ExitCode.CONFIG
    path = Path(arguments[0])
    try:
        request = PhaseRequest.from_json(path.read_bytes(), where=str(path))
    except (DaybreakError, OSError) as error:
        print(error, file=sys.stderr)
        return ExitCode.CONFIG
    contain(request.limits)
    return run_to_outcome(request)


def run_to_outcome(request: PhaseRequest, preparation: "Preparation | None" = None) -> ExitCode:
    """Run the phase, which somebody may have prepared, and write its outcome: completed, or failed with a report."""
    set_up_logging()
    write_line("INFO", f"attempt {request.attempt} of phase {request.phase} starts")
    started, started_at = time.monotonic(), display_time(time.time())
    files = preparation.files if preparation else request.files
    result, code, report = None, ExitCode.COMPLETED, None
    try:
        # Imported here so that a phase whose code cannot be imported still writes its outcome.
        from phase_worker.runner import prepare, run_phase

        result = run_phase(request, preparation or prepare(request))
        report = ErrorReport("SKIPPED", result.skipped) if result.skipped else None
    except Exception as error:  # the process boundary
        write_line("ERROR", "the phase failed:")
        code, report = _explain(error, request)
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    outcome = PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=request.phase,
        attempt=request.attempt,
        status=_status(result),
        request_digest=request.digest,
        trace=str(files.trace),
        digest=result.seal.sha256 if result else "",
        events=result.seal.events if result else 0,
        exit_code=int(code),
        error=report,
        warnings=result.warnings if result else (),
        extractors=request.extractors,
        extracted=result.extracted if result else {},
        extracted_sha256=result.extracted_sha256 if result else "",
        deferred=result.deferred if result else {},
        resources=PhaseResources(
            wall_s=time.monotonic() - started,
            cpu_s=sum(usage.ru_utime + usage.ru_stime for usage in usages),
            peak_memory_bytes=peak_memory_bytes(),
        ),
        host=os.uname().nodename,
        pid=os.getpid(),
        started_at=started_at,
        finished_at=display_time(time.time()),
    )
    try:
        write_atomically(files.outcome, outcome.to_json(), durable=False)
    except OSError as error:  # without an outcome only the exit code can say that it may work later
        write_line("ERROR", f"the outcome cannot be written: {error}")
        return ExitCode.TRANSIENT
    return code


def _status(result: "PhaseResult | None") -> PhaseState:
    if result is None:
        return PhaseState.FAILED
    return PhaseState.SKIPPED if result.skipped else PhaseState.COMPLETED


def _explain(error: Exception, request: PhaseRequest) -> tuple[ExitCode, ErrorReport]:
    """Sort an exception into an exit code and a report; only a bug, or user code, gets a traceback in the log."""
    log = request.files.log
    if isinstance(error, DaybreakError):
        if error.__cause__ is not None:  # such as a user's component that cannot be imported
            write_text(traceback.format_exc())
        write_text(f"{error}\n")
        return error.exit_code, ErrorReport(error.code, str(error))
    write_text(traceback.format_exc())
    if _is_out_of_memory(error):
        limit = f"{request.limits.memory_bytes / 2**20:.0f} MiB"
        message = (
            f"the phase needed more memory than its limit of {limit}. Raise resources.memory in the job. Log: {log}"
        )
        return ExitCode.OUT_OF_MEMORY, ErrorReport("E-MEMORY", message)
    if isinstance(error, OSError) and error.errno in _TRANSIENT:
        return ExitCode.TRANSIENT, ErrorReport("E-TRANSIENT", f"{error}. Log: {log}")
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    message = f"{type(error).__name__}: {error}{notes}. The traceback is in {log}"
    return ExitCode.FAILED, ErrorReport("E-RAISED", message)


def _is_out_of_memory(error: Exception) -> bool:
    """Also where it was the kernel that had no memory to give, for a mapping or for an extension module."""
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error) or "Cannot allocate memory" in str(error)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

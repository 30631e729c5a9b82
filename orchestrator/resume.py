"""Resume: which phases of a run are done already, judged by their sealed traces."""

import hashlib

from phase_worker.contract import InputTraceError, PhaseOutcome, PhaseRequest, read_outcome, verify_trace


def completed_outcome(request: PhaseRequest) -> PhaseOutcome | None:
    """The outcome of an earlier run that did exactly this request, or None if a process must be started.

    The trace is read and compared with its seal. Where only the outcome or the extracted results are missing, None is
    right too: the phase process finds the sealed trace and only extracts.
    """
    outcome = read_outcome(request.paths.outcome(request.phase))
    if outcome is None or not outcome.completed or outcome.request_digest != request.digest:
        return None
    if outcome.extractors != request.extractors:
        return None
    try:
        extracted = request.paths.extracted(request.phase).read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(extracted).hexdigest() != outcome.extracted_sha256:
        return None
    try:
        seal = verify_trace(request.paths.trace(request.phase))
    except InputTraceError:
        return None
    return outcome if seal.sha256 == outcome.digest else None

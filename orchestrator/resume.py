"""Resume: which phases of a run are done already, judged by their sealed traces."""

import hashlib

from phase_worker.contract import InputTraceError, PhaseOutcome, PhaseRequest, read_outcome, verify_trace


def completed_outcome(request: PhaseRequest) -> PhaseOutcome | None:
    """The outcome of an earlier run that did exactly this request, or None if a process must be started.

    The trace is read and compared with its seal. Where only the outcome or the extracted results are missing, None is
    right too: the phase process finds the sealed trace and only extracts.
    """
    outcome = read_outcome(request.paths.outcome(request.phase))
    if outcome is None or not outcome.settled or outcome.request_digest != request.digest:
        return None
    if outcome.extractors != request.extractors or not _holds(request, outcome):
        return None
    return outcome


def _holds(request: PhaseRequest, outcome: PhaseOutcome) -> bool:
    """Whether trace and extracted results are still what the outcome says."""
    try:
        seal = verify_trace(request.paths.trace(request.phase))
        extracted = request.paths.extracted(request.phase).read_bytes()
    except (InputTraceError, FileNotFoundError):
        return False
    return (seal.sha256, hashlib.sha256(extracted).hexdigest()) == (outcome.digest, outcome.extracted_sha256)

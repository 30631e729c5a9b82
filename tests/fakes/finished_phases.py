"""Phases that are done: their sealed trace, extracted results and outcome, written without a process."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from phase_worker.contract import PhaseOutcome, PhaseRequest, PhaseResources, PhaseState, Seal

Results = Mapping[str, Sequence[Mapping[str, Any]]]


def finish(request: PhaseRequest, results: Results | None = None) -> PhaseOutcome:
    """Leave what the phase process leaves that has extracted `results`, by category."""
    paths, phase, found = request.paths, request.phase, results or {}
    paths.run_dir.mkdir(parents=True, exist_ok=True)
    content = orjson.dumps({"event_type": "TRACE_OPEN", "payload": {"request_digest": request.digest}}) + b"\n"
    seal = Seal(1, hashlib.sha256(content).hexdigest(), "completed", len(content))
    paths.trace(phase).write_bytes(content + seal.to_line())
    extracted = b"".join(orjson.dumps({"category": name, "results": rows}) + b"\n" for name, rows in found.items())
    paths.extracted(phase).write_bytes(extracted)
    outcome = PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=phase,
        attempt=request.attempt,
        status=PhaseState.COMPLETED,
        request_digest=request.digest,
        trace=str(paths.trace(phase)),
        digest=seal.sha256,
        events=seal.events,
        exit_code=0,
        extractors=request.extractors,
        extracted_sha256=hashlib.sha256(extracted).hexdigest(),
        extracted={category: len(rows) for category, rows in found.items()},
        resources=PhaseResources(wall_s=1.5, cpu_s=1.25, peak_memory_bytes=32 * 2**20),
    )
    paths.outcome(phase).write_bytes(outcome.to_json())
    return outcome

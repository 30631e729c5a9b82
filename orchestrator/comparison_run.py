"""Has the page of a comparison written: by a phase, which reads the traces of the runs."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from orchestrator.allocation import available_memory_bytes
from orchestrator.comparison import Comparison
from orchestrator.comparison_table import cautions, failures, rows
from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.local import LocalExecutor
from orchestrator.sequencer import Sequencer
from phase_worker.contract import DaybreakError, InputTrace, Limits, PhaseRequest

_PHASE = "comparison"
# As the report of a run needs: what draws the charts is a browser's engine.
_LIMITS = Limits(memory_bytes=2**30, time_s=120.0)


def write_comparison(comparison: Comparison, traces_dir: Path) -> Path:
    """The page of the comparison, as `report.html` of a run `compare-…` of its own, called by what is compared.

    Raises DaybreakError where the phase fails, as when a trace has changed.
    """
    request = _request(comparison, traces_dir.resolve())
    if not request.paths.report.exists():
        # A phase whose trace is there is done, and writes nothing.
        request.paths.trace(_PHASE).unlink(missing_ok=True)
    with closing(LocalExecutor(start_process=ColdStart())) as executor:
        sequencer = Sequencer(executor, slots=1, memory_bytes=available_memory_bytes())
        outcome = sequencer.run([request])[_PHASE]
    if outcome.error is not None:
        raise DaybreakError(outcome.error.message, where=request.workflow_id, code=outcome.error.code)
    return request.paths.report


def _request(comparison: Comparison, traces_dir: Path) -> PhaseRequest:
    inputs = {f"run-{number:04d}": run for number, run in enumerate(comparison.runs, start=1) if run.result}
    lines, left = rows(comparison)
    config = {
        "compared": len(comparison.runs),
        "runs": {name: run.workflow_id for name, run in inputs.items()},
        "rows": lines,
        "left": left,
        "cautions": cautions(comparison),
        "failures": failures(comparison),
        "trace": {"level": "full", "bars": False},
    }
    request = PhaseRequest(
        workflow_id="compare",
        phase=_PHASE,
        topology="comparison",
        config=config,
        traces_dir=traces_dir,
        limits=_LIMITS,
        inputs={
            name: InputTrace(Path(run.result.trace or ""), run.result.request_digest)
            for name, run in inputs.items()
            if run.result
        },
    )
    return replace(request, workflow_id=f"compare-{request.digest[:10]}")

"""Runs the cells of a matrix side by side, and gives one result document of all."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.job import Job
from orchestrator.results import run_result
from orchestrator.run import Run
from orchestrator.sequencer import Batch, Sequencer
from phase_worker.contract import ConfigError, PhaseOutcome


@dataclass(slots=True)
class _Cell:
    run: Run
    batch: Batch
    outcomes: dict[str, PhaseOutcome] = field(default_factory=dict)


def run_matrix(jobs: Sequence[Job], traces_dir: Path, sequencer: Sequencer) -> dict[str, Any]:
    """Run all to their ends: a cell begins while there is room, and one that cannot go on leaves the others alone.

    The document has the result of each run in `results.runs`, by workflow_id, in the order of the cells.
    """
    runs = [Run(job, traces_dir) for job in jobs]
    results: dict[str, dict[str, Any]] = {run.paths.workflow_id: {} for run in runs}
    if len(results) < len(runs):
        raise ConfigError("two cells of the matrix are the same job on the same data: keep one", code="E-MATRIX")
    waiting, active = deque(runs), list[_Cell]()
    try:
        while waiting or active:
            while sequencer.start_ready() and waiting:
                _begin(waiting.popleft(), active, results, sequencer)
            if not any(_advance(cell, active, results, sequencer) for cell in list(active)):
                sequencer.wait()
    finally:
        for cell in active:
            cell.run.close()
    success = all(result["success"] for result in results.values())
    return {"workflow": jobs[0].workflow, "success": success, "results": {"runs": results}}


def _begin(run: Run, active: list[_Cell], results: dict[str, dict[str, Any]], sequencer: Sequencer) -> None:
    try:
        active.append(_Cell(run, sequencer.add(run.begin())))
    except ConfigError as error:
        _settle(run, {}, results, error)


def _advance(cell: _Cell, active: list[_Cell], results: dict[str, dict[str, Any]], sequencer: Sequencer) -> bool:
    """Go on with a cell whose phases have ended; False while they run."""
    if cell.batch.active:
        return False
    cell.outcomes |= cell.batch.outcomes
    try:
        if requests := cell.run.next_requests(cell.outcomes):
            cell.batch = sequencer.add(requests)
            return True
    except ConfigError as error:  # the job does not fit its data
        cell.run.end({})
        _settle(cell.run, cell.outcomes, results, error)
    else:
        cell.run.end(cell.outcomes)
        _settle(cell.run, cell.outcomes, results)
    active.remove(cell)
    return True


def _settle(
    run: Run,
    outcomes: Mapping[str, PhaseOutcome],
    results: dict[str, dict[str, Any]],
    error: ConfigError | None = None,
) -> None:
    result = run_result(run.paths, run.job.workflow, outcomes)
    if error is not None:
        result |= {"success": False, "summary": {}, "error": str(error)}
    results[run.paths.workflow_id] = result
    run.close()

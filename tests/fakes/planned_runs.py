"""Jobs without a run: parsed from a dict, with the facts that a data phase would have found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestrator.job import Job, parse_job
from orchestrator.plan import DataFacts, Phase, RunSetup, plan_requests
from phase_worker.contract import Limits, PhaseRequest, RunPaths

SMA_GRID = {"name": "sma_cross", "grid": {"fast": [5, 10], "slow": [20, 50]}}
LIMITS = Limits(memory_bytes=100, time_s=60.0)


def new_job(folder: Path, workflow: str = "walk_forward", **changes: Any) -> Job:
    """A job on an empty data file in `folder`."""
    data = folder / "SPY.csv"
    data.touch()
    return parse_job(
        {"workflow": workflow, "strategy": SMA_GRID, "data": {"file": str(data)}, "report": False, "statistics": False}
        | changes
    )


def facts(bars: int) -> DataFacts:
    """So many daily bars."""
    return DataFacts("d1" * 32, "SPY", bars, "2000-01-03T00:00:00Z", "2020-01-03T00:00:00Z", 252.0)


def bounds(phase: Phase) -> tuple[int, int]:
    """The bars [start, end) that a phase trades."""
    return phase.config["bars"]["start"], phase.config["bars"]["end"]


def requests(traces_dir: Path, *phases: Phase, **setup: Any) -> dict[str, PhaseRequest]:
    """The requests of these phases by name, in order; `setup` changes what they share."""
    shared: dict[str, Any] = {"paths": RunPaths(traces_dir, "wf-1"), "limits": LIMITS, "extractors": ("fills",)}
    return {request.phase: request for request in plan_requests(phases, RunSetup(**shared | setup))}


def chain_of(graph: str) -> Sequence[Phase]:
    """Phases by a short form: 'a b:a c:a,b' is a, b after a, and c after both."""
    phases = []
    for entry in graph.split():
        name, _, needs = entry.partition(":")
        phases.append(Phase(name, "announce", {"word": name}, tuple(needs.split(",")) if needs else ()))
    return phases

"""The phases that close a run: after those of its workflow, under names that no workflow may use."""

from collections.abc import Sequence
from typing import Any

from orchestrator.job import Job
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase, in_order, skippable_phases
from phase_worker.contract import Limits

# The phases of every run that are not its workflow's.
DATA, STATISTICS, REPORT = "data", "statistics", "report"
RESERVED = (DATA, STATISTICS, REPORT)
# What draws the charts is a browser's engine: it uses 190 MiB, but claims 670 MiB of private memory for it.
_REPORT_NEEDS = Limits(memory_bytes=2**30, time_s=120.0)


def with_closing_phases(job: Job, data: DataFacts, phases: Sequence[Phase]) -> list[Phase]:
    """The workflow's phases and those that the job wants after them.

    Statistics are of the last phase of the workflow that was not skipped, and of all its sweeps; the report reads the
    traces of all others.
    """
    closed = in_order(phases)
    result = _result(closed)
    if job.statistics.enabled:
        sweeps = [phase.name for phase in closed if phase.topology == "parameter_sweep"]
        config = trading_config(job, data, 0, data.bars, {}) | result | {"sweeps": sweeps, "spa": job.statistics.spa}
        judged = tuple(dict.fromkeys((result["result"], *result.get("otherwise", ()), *sweeps)))
        closed.append(Phase(STATISTICS, "statistics", config, judged, extractors=("statistics",), requires="any"))
    if job.report:
        config = {
            "workflow": job.workflow,
            "objective": job.objective,
            **result,
            "trace": {"level": "full", "bars": False},
        }
        names = (DATA, *(phase.name for phase in closed))
        closed.append(Phase(REPORT, "report", config, names, needs=_REPORT_NEEDS, requires="none"))
    return closed


def _result(ordered: Sequence[Phase]) -> dict[str, Any]:
    """The phase whose figures are the run's; where it may be skipped, those before it that are it `otherwise`."""
    skippable = skippable_phases(ordered)
    last, *others = [phase.name for phase in reversed(ordered)]
    if last not in skippable:
        return {"result": last}
    sure = next((number for number, name in enumerate(others, start=1) if name not in skippable), len(others))
    return {"result": last, "otherwise": others[:sure]}

"""The phases that close a run: after those of its workflow, under names that no workflow may use."""

from collections.abc import Sequence

from orchestrator.job import Job
from orchestrator.phase_config import statistics_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.contract import Limits

# The phases of every run that are not its workflow's.
DATA, STATISTICS, REPORT = "data", "statistics", "report"
RESERVED = (DATA, STATISTICS, REPORT)
# What draws the charts is a browser's engine: it uses 190 MiB, but claims 670 MiB of private memory for it.
_REPORT_NEEDS = Limits(memory_bytes=2**30, time_s=120.0)


def with_closing_phases(job: Job, data: DataFacts, phases: Sequence[Phase]) -> list[Phase]:
    """The workflow's phases and those that the job wants after them.

    Statistics are of the last phase of the workflow and of all its sweeps; the report reads the traces of all others.
    """
    closed = list(phases)
    if job.statistics.enabled:
        sweeps = [phase for phase in phases if phase.topology == "parameter_sweep"]
        config = statistics_config(job, data, phases[-1], sweeps)
        judged = dict.fromkeys((phases[-1].name, *(sweep.name for sweep in sweeps)))
        closed.append(Phase(STATISTICS, "statistics", config, tuple(judged), extractors=("statistics",)))
    if job.report:
        config = {
            "workflow": job.workflow,
            "objective": job.objective,
            "result": phases[-1].name,
            "trace": {"level": "full", "bars": False},
        }
        names = (DATA, *(phase.name for phase in closed))
        closed.append(Phase(REPORT, "report", config, names, needs=_REPORT_NEEDS))
    return closed

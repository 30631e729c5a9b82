"""The phases that close a run: after those of its workflow, under names that no workflow may use."""

from collections.abc import Sequence

from orchestrator.job import Job
from orchestrator.plan import Phase
from phase_worker.contract import Limits

# The phases of every run that are not its workflow's.
DATA, REPORT = "data", "report"
RESERVED = (DATA, REPORT)
# What draws the charts is a browser's engine: it uses 190 MiB, but claims 670 MiB of private memory for it.
_REPORT_NEEDS = Limits(memory_bytes=2**30, time_s=120.0)


def with_closing_phases(job: Job, phases: Sequence[Phase]) -> list[Phase]:
    """The workflow's phases, then the report where the job wants one: it reads the traces of all others."""
    closed = list(phases)
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

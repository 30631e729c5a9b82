"""The workflow `custom`: the phases that the job file itself lists."""

from typing import Any

from orchestrator.job import Job
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.discovery import workflow


@workflow(
    name="custom",
    extractors=("portfolio_metrics", "selections", "windows", "signals", "fills", "positions", "equity_curve"),
)
def custom(job: Job, data: DataFacts) -> list[Phase]:
    """Run the phases that the job lists; each one's `config` is laid over the job's own settings, by section."""
    base = trading_config(job, data, 0, data.bars, {"params": job.strategy.params}) | {"objective": job.objective}
    return [Phase(phase.name, phase.topology, _overlay(base, phase.config), phase.depends_on) for phase in job.phases]


def _overlay(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {
        key: base[key] | value if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in changes.items()
    }
    return base | merged

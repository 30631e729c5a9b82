"""The workflow `portfolio`: several strategies and symbols, each a leg, in one account."""

from typing import Any

from orchestrator.job import DataChoice, Job
from orchestrator.phase_config import bars_config, data_config, trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.discovery import workflow


@workflow(
    name="portfolio",
    extractors=(
        "portfolio_metrics",
        "contributions",
        "signals",
        "orders",
        "fills",
        "positions",
        "risk_decisions",
        "performance_snapshots",
        "equity_curve",
        "data",
        "data_warnings",
    ),
)
def portfolio(job: Job, data: DataFacts) -> list[Phase]:
    """Trade all legs over all bars, in one phase, after a data phase for each leg with market data of its own."""
    assert job.portfolio is not None  # a job of this workflow has it

    def bars_of(choice: DataChoice) -> dict[str, Any]:
        return bars_config(choice, data.digests[choice.file], data.digests[choice.factors] if choice.factors else None)

    own = {leg.data: leg.name for leg in reversed(job.portfolio.legs) if leg.data != job.data}
    reads = [
        Phase(f"data-{name}", "market_data", data_config(bars_of(choice))) for choice, name in reversed(own.items())
    ]
    legs = [
        {
            "name": leg.name,
            "bars": bars_of(leg.data) | {"start": 0},
            "strategy": {"name": leg.strategy, "params": leg.params},
            "weight": leg.weight,
        }
        for leg in job.portfolio.legs
    ]
    config = trading_config(job, data, 0, data.bars, {}) | {"legs": legs, "rebalance": job.portfolio.rebalance}
    return [*reads, Phase("portfolio", "portfolio_backtest", config, tuple(phase.name for phase in reads))]

"""The workflow `backtest`: one strategy with one set of parameters over all bars."""

from orchestrator.job import Job
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.discovery import workflow


@workflow(
    name="backtest",
    extractors=(
        "portfolio_metrics",
        "signals",
        "orders",
        "fills",
        "positions",
        "risk_decisions",
        "performance_snapshots",
        "equity_curve",
    ),
)
def backtest(job: Job, data: DataFacts) -> list[Phase]:
    """Trade one set of parameters over all bars, in one phase."""
    return [Phase("backtest", "backtest", trading_config(job, data, 0, data.bars, {"params": job.strategy.params}))]

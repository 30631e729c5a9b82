"""The workflow `parameter_sweep`: every combination of the grid over all bars, then the best one in full."""

from orchestrator.grid import expand_grid
from orchestrator.job import Job
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.discovery import workflow


@workflow(
    name="parameter_sweep",
    extractors=("portfolio_metrics", "selections", "signals", "fills", "positions", "equity_curve"),
)
def parameter_sweep(job: Job, data: DataFacts) -> list[Phase]:
    """Try every combination of the grid over all bars: phases sweep, select and best, which is the result."""
    trials = {"trials": expand_grid(job.strategy)}
    return [
        Phase("sweep", "parameter_sweep", trading_config(job, data, 0, data.bars, trials)),
        Phase("select", "selection", selection_config(job), ("sweep",)),
        Phase("best", "backtest", trading_config(job, data, 0, data.bars, {"params_from": "select"}), ("select",)),
    ]

"""The workflow `parameter_sweep`: every combination of the grid over all bars, then the best one in full."""

from typing import Any

from orchestrator.job import Job
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.search import sweep_trials, trial_count
from orchestrator.shards import shard_names, split_shards
from phase_worker.discovery import workflow


@workflow(
    name="parameter_sweep",
    extractors=("portfolio_metrics", "selections", "signals", "fills", "positions", "equity_curve"),
)
def parameter_sweep(job: Job, data: DataFacts) -> list[Phase]:
    """Try every combination of the grid over all bars: phases sweep, select and best, which is the result.

    With `shards` there are as many phases sweep-NN, each with trials that follow each other, and one selection of all.
    """
    trials = sweep_trials(job.strategy, job.search, job.objective)
    shards = split_shards(trial_count(trials), job.shards)
    names = shard_names("sweep", len(shards))
    sweeps = [
        Phase(name, "parameter_sweep", trading_config(job, data, 0, data.bars, _shard(trials, *shard)))
        for name, shard in zip(names, shards, strict=True)
    ]
    return [
        *sweeps,
        Phase("select", "selection", selection_config(job), tuple(names)),
        Phase("best", "backtest", trading_config(job, data, 0, data.bars, {"params_from": "select"}), ("select",)),
    ]


def _shard(trials: dict[str, Any], first: int, end: int) -> dict[str, Any]:
    """The trials [first, end), and where they are among all; a sweep in one phase has all, and need not say so."""
    count = trial_count(trials)
    return trials if end - first == count else {"trials": trials["trials"][first:end], "shard": [first, count]}

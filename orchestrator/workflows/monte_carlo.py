"""The workflow `monte_carlo`: a backtest, and how it might have gone on resampled bars or with resampled trades."""

from dataclasses import asdict
from typing import Any

from orchestrator.job import Job
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.shards import shard_names, split_shards
from phase_worker.discovery import workflow


@workflow(
    name="monte_carlo",
    extractors=("portfolio_metrics", "distributions", "signals", "fills", "positions", "equity_curve"),
)
def monte_carlo(job: Job, data: DataFacts) -> list[Phase]:
    """Phases backtest, bars (or its shards bars-NN), trades, and distribution, the result."""
    # The trades are read from the backtest's trace, which must keep them whatever the job's level is.
    trading = trading_config(job, data, 0, data.bars, {"params": job.strategy.params})
    drawn = trading | {"monte_carlo": asdict(job.monte_carlo)}
    shards = split_shards(job.monte_carlo.paths, job.shards)
    bars = [
        Phase(name, "bar_bootstrap", _of_paths(drawn, *paths))
        for name, paths in zip(shard_names("bars", len(shards)), shards, strict=True)
    ]
    return [
        Phase("backtest", "backtest", trading | {"trace": trading["trace"] | {"level": "full"}}),
        *bars,
        Phase("trades", "trade_bootstrap", drawn | {"backtest": "backtest"}, ("backtest",)),
        Phase(
            "distribution",
            "monte_carlo_distribution",
            trading | {"bars_phases": [phase.name for phase in bars], "trades_phase": "trades", "backtest": "backtest"},
            ("backtest", *(phase.name for phase in bars), "trades"),
        ),
    ]


def _of_paths(config: dict[str, Any], first: int, end: int) -> dict[str, Any]:
    return config | {"monte_carlo": config["monte_carlo"] | {"first": first, "end": end}}

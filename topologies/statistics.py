"""The statistics phase: what a run's result is worth, from its returns and from all the trials that led to it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import orjson

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from phase_worker.tracing.query import TraceQuery
from topologies.account_setup import new_account, new_risk_rules
from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import RESAMPLES, block_bootstrap
from topologies.components.metrics.meanings import MEANINGS
from topologies.components.metrics.overfitting import BlockSums, backtest_overfitting
from topologies.components.metrics.reality_check import data_snooping
from topologies.components.metrics.significance import (
    SharpeSample,
    autocorrelations,
    deflated_benchmark,
    lo_factor,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
    sharpe_sample,
    sharpe_standard_error,
)
from topologies.components.strategies.intent import compute_targets
from topologies.market import load_bars
from topologies.parameter_sweep import compute_trials, trade_targets

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Trial:
    """One set of parameters over all bars of the run: `sharpe` per period; `returns` only where they are needed."""

    sharpe: float | None
    blocks: BlockSums
    returns: list[float] | None


@topology(name="statistics", workers=True)
def statistics(context: PhaseContext) -> None:
    """Publish STATISTICS of the last EQUITY_CURVE in the trace of `config.result`; what is undefined is None.

    The trials are those in the traces of `config.sweeps`, every one of every window: they count in DSR, whose variance
    is that among the distinct ones, `config.trials`, each traded over all bars [start, end) that the run has used, so
    that their Sharpe ratios are of one length. The same trades give PBO.
    """
    config = context.config
    result = context.inputs[config["result"]]
    attempted = sum(_count_trials(context.inputs[name]) for name in config["sweeps"]) or 1
    trials = _trade_all(context) if len(config["trials"]) > 1 else []
    seed = int.from_bytes(hashlib.sha256(orjson.dumps(config)).digest()[:4])
    timestamp, returns = _curve_returns(result, config["execution"]["cash"])
    figures: Figures = dict.fromkeys(MEANINGS)
    figures |= {"result": config["result"], "bars": len(returns), "trials": attempted}
    figures |= {"distinct_trials": max(1, len(config["trials"])), "min_backtest_years": min_backtest_years(attempted)}
    if (sample := sharpe_sample(returns)) is not None:
        figures |= _curve_figures(sample, returns, config["periods_per_year"], seed)
        figures |= _deflated(sample, trials, attempted, config["periods_per_year"])
    figures |= _overfitting(trials)
    if config["spa"] and trials:
        columns = np.array([trial.returns for trial in trials]).T
        figures |= data_snooping(columns, block_length(len(columns)), seed)._asdict()
    context.publish("STATISTICS", timestamp, "statistics", figures)

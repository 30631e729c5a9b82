"""The statistics phase: what a run's result is worth, from its returns and from all the trials that led to it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import orjson

from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules
from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import RESAMPLES, block_bootstrap, block_length
from topologies.components.metrics.meanings import MEANINGS
from topologies.components.metrics.overfitting import BlockSums, backtest_overfitting
from topologies.components.metrics.performance import bar_returns
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
from topologies.regimes import within
from topologies.run_result import result_name

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Trial:
    """One set of parameters over all bars of the run: `sharpe` per period; `returns` only where they are needed."""

    sharpe: float | None
    blocks: BlockSums
    returns: list[float] | None


@topology(name="statistics", workers=True)
def statistics(context: PhaseContext) -> None:
    """Publish STATISTICS of the last EQUITY_CURVE in the trace of the run's result; what is undefined is None.

    The trials are all of which the traces of `config.sweeps` tell: each counts, in every window. The distinct ones
    among them are traded again over all bars that the run has used, so that they can be compared over one length: their
    variance goes into DSR, their returns into PBO.
    """
    config, result = context.config, result_name(context.config, context.inputs)
    tried = [name for name in config["sweeps"] if name in context.inputs]  # a sweep that was skipped tried nothing
    metrics = [trial for name in tried for trial in _trials_of(context, name)]
    distinct = {orjson.dumps([trial[key] for key in ("strategy", "params", "within")]): trial for trial in metrics}
    trials = _trade_again(context, list(distinct.values())) if len(distinct) > 1 else []
    attempted = len(metrics) or 1
    timestamp, returns = _last_curve(context, result)
    seed = int.from_bytes(hashlib.sha256(returns.tobytes()).digest()[:4])
    figures: Figures = dict.fromkeys(MEANINGS)
    figures |= {"result": result, "bars": len(returns), "trials": attempted}
    figures |= {"distinct_trials": len(distinct) or 1, "min_backtest_years": min_backtest_years(attempted)}
    if (sample := sharpe_sample(returns)) is not None:
        figures |= _curve_figures(sample, returns, config["periods_per_year"], seed)
        figures |= _deflated(sample, trials, attempted, config["periods_per_year"])
    figures |= _overfitting(trials)
    if config["spa"] and trials:
        columns = np.array([trial.returns for trial in trials]).T
        figures |= data_snooping(columns, block_length(len(columns)), seed)._asdict()
    context.publish("STATISTICS", timestamp, "statistics", figures)


def _events(context: PhaseContext, phase: str, event_type: str) -> list[Event]:
    return list(context.inputs[phase].filter_events(event_type=event_type))


def _trials_of(context: PhaseContext, sweep: str) -> list[Figures]:
    """The metrics of a sweep's trials; `within` is the regime that they were restricted to, if any."""
    regime = _events(context, sweep, "TRACE_OPEN")[0].payload["config"].get("regime")
    return [event.payload | {"within": regime} for event in _events(context, sweep, "PORTFOLIO_METRICS")]


def _last_curve(context: PhaseContext, result: str) -> tuple[str | None, FloatArray]:
    """When the result's last equity curve ends, and its returns, the first from the cash; none without a curve."""
    curves = _events(context, result, "EQUITY_CURVE")
    if not curves:
        return None, np.array([])
    returns = bar_returns(np.array(curves[-1].payload["equity"]), context.config["execution"]["cash"])
    return curves[-1].timestamp, returns


def _trade_again(context: PhaseContext, trials: Sequence[Figures]) -> list[_Trial]:
    """Every one of the trials, in a fresh account over the bars that the run has used, by the sweep's own engine."""
    config = {**context.config, "bars": _bars_used(context)}
    bars = load_bars(context, config["bars"])
    rules = new_risk_rules(context.registry, config["risk"])

    def trade(number: int) -> Figures:
        factory = context.registry.get("strategy", trials[number]["strategy"]).factory
        targets = compute_targets(factory, trials[number]["params"], bars)
        if regime := trials[number]["within"]:
            targets = np.where(within(context.registry, regime, bars), targets, 0.0)
        equity, _, _ = trade_targets(config, bars, targets, rules, new_account(config["execution"]))
        returns = bar_returns(equity, config["execution"]["cash"])
        sample, blocks = sharpe_sample(returns), BlockSums.of(returns)
        return {
            "sharpe": sample.sharpe if sample else None,
            "blocks": [blocks.sums.tolist(), blocks.squares.tolist(), blocks.length],
            "returns": returns.tolist() if config["spa"] else None,
        }

    answers = compute_trials(trade, len(trials), context.workers)
    return [_Trial(answer["sharpe"], _block_sums(*answer["blocks"]), answer["returns"]) for answer in answers]


def _bars_used(context: PhaseContext) -> Figures:
    """From the first bar that any of the phases has traded to the last."""
    opened = [event.payload["config"] for name in context.inputs for event in _events(context, name, "TRACE_OPEN")]
    used = [config["bars"] for config in opened if "bars" in config]
    start, end = min(bars["start"] for bars in used), max(bars["end"] for bars in used)
    return {**context.config["bars"], "start": start, "end": end}


def _block_sums(sums: list[float], squares: list[float], length: int) -> BlockSums:
    return BlockSums(np.array(sums), np.array(squares), length)


def _curve_figures(sample: SharpeSample, returns: FloatArray, periods_per_year: float, seed: int) -> Figures:
    root = sqrt(periods_per_year)
    bootstrap = block_bootstrap(returns, seed, periods_per_year)
    eta = lo_factor(autocorrelations(returns), periods_per_year)
    return {
        "sharpe_ratio": sample.sharpe * root,
        "sharpe_standard_error": sharpe_standard_error(sample.sharpe, sample.n) * root,
        "sharpe_low": bootstrap.sharpe[0],
        "sharpe_high": bootstrap.sharpe[1],
        "cagr_low": bootstrap.cagr[0],
        "cagr_high": bootstrap.cagr[1],
        "bootstrap_block": bootstrap.block,
        "bootstrap_resamples": RESAMPLES,
        "bootstrap_seed": seed,
        "skewness": sample.skewness,
        "kurtosis": sample.kurtosis,
        "lo_sharpe_ratio": None if eta is None else sample.sharpe * eta,
        "psr": probabilistic_sharpe(sample),
        "min_trl": min_track_record(sample),
    }


def _deflated(sample: SharpeSample, trials: Sequence[_Trial], attempted: int, periods_per_year: float) -> Figures:
    """A trial without a Sharpe ratio adds nothing to the variance, but counts."""
    sharpes = [trial.sharpe for trial in trials if trial.sharpe is not None]
    deviation = float(np.std(sharpes, ddof=1)) if len(sharpes) > 1 else 0.0
    best = deflated_benchmark(deviation, attempted)
    return {"expected_best_sharpe": best * sqrt(periods_per_year), "dsr": probabilistic_sharpe(sample, best)}


def _overfitting(trials: Sequence[_Trial]) -> Figures:
    found = backtest_overfitting([trial.blocks for trial in trials])
    if found is None:
        return {}
    return {
        "pbo": found.pbo,
        "pbo_splits": found.splits,
        "probability_of_loss": found.loss,
        "performance_degradation": found.slope,
    }

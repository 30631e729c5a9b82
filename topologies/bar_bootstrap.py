"""The bar bootstrap: the strategy traded again on bars that are made of blocks of the real ones."""

from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.bars import Bars, IntArray
from topologies.components.metrics.bootstrap import draws
from topologies.components.strategies.intent import compute_targets
from topologies.market import load_bars
from topologies.parameter_sweep import backtest_metrics, compute_trials


@topology(name="bar_bootstrap", workers=True)
def bar_bootstrap(context: PhaseContext) -> None:
    """Publish PORTFOLIO_METRICS of each of the paths [first, end) of `config.monte_carlo`.

    A path depends on its number and the seed alone, however the paths are divided.
    """
    config = context.config
    drawn, strategy = config["monte_carlo"], config["strategy"]
    bars = load_bars(context, config["bars"])
    if len(bars) < 2:
        raise ConfigError("the data has 1 bar: there is no change of price to resample")
    factory = context.registry.get("strategy", strategy["name"]).factory
    rules = new_risk_rules(context.registry, config["risk"])
    first = drawn["first"]

    def trade(number: int) -> dict[str, Any]:
        rows = resampled_rows(len(bars) - 1, drawn["block"], drawn["seed"], first + number)
        path = resampled_bars(bars, rows)
        targets = compute_targets(factory, strategy["params"], path)
        return backtest_metrics(config, path, targets, rules, new_account(config["execution"]))

    labels, last = result_labels(config) | {"params": strategy["params"]}, bars.timestamp(len(bars) - 1)
    for number, metrics in enumerate(compute_trials(trade, drawn["end"] - first, context.workers), start=first):
        context.publish("PORTFOLIO_METRICS", last, "bar_bootstrap", labels | {"path": number} | metrics)


def resampled_rows(n: int, block: int, seed: int, path: int) -> IntArray:
    """Which of n rows stand where in a path, shape (n,): blocks that start anywhere, the end joined to the beginning.

    The circular block bootstrap of Politis and Romano (1992); the same seed gives the same rows with any numpy.
    """
    block = min(block, n)
    pieces = -(-n // block)
    starts = draws(seed, path * pieces, pieces, n)
    rows: IntArray = ((starts[:, None] + np.arange(block)) % n).ravel()[:n]
    return rows


def resampled_bars(bars: Bars, rows: IntArray) -> Bars:
    """Bars of the same times; each but the first has the ratios to the close before, and the volume, of bar row + 1."""
    before, drawn = bars.close[:-1][rows], rows + 1
    closes = bars.close[0] * np.cumprod(np.concatenate(([1.0], bars.close[drawn] / before)))
    scale = closes[:-1] / before
    prices = {
        name: np.concatenate((getattr(bars, name)[:1], getattr(bars, name)[drawn] * scale))
        for name in ("open", "high", "low", "close")
    }
    volume = np.concatenate((bars.volume[:1], bars.volume[drawn]))
    return Bars(bars.symbol, bars.time_ns, **prices, volume=volume, feature_lookup=bars.feature_lookup)

"""Statistics of trials on real data are the reference's: what was overfitted, and what is left after deflation."""

from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np

from phase_worker.discovery import get_component_registry
from tests.fakes.market import trading_config
from tests.fakes.reference import assert_met, reference
from topologies.account_setup import new_account, new_risk_rules
from topologies.bars import Bars, FloatArray
from topologies.components.metrics.overfitting import BlockSums, backtest_overfitting
from topologies.components.metrics.significance import deflated_benchmark, probabilistic_sharpe, sharpe_sample
from topologies.components.strategies.intent import compute_targets
from topologies.market import feature_lookup
from topologies.market_files import read_source
from topologies.parameter_sweep import trade_targets

GRID = [(fast, slow) for fast, slow in product((5, 10, 20, 50), (20, 50, 100, 200)) if fast < slow]
WARM = 200  # bars before all of the averages are there
FEE = 5e-4


def grid_returns(file: Path) -> FloatArray:
    """Returns of each pair of averages from bar WARM on, shape (trials, bars).

    For this one the reference buys for cash·(1 - FEE), where an account that pays its fee buys for cash/(1 + FEE).
    """
    registry = get_component_registry(())
    columns = read_source(registry, file)
    prices = {name: getattr(columns, name) for name in ("open", "high", "low", "close", "volume")}
    bars = Bars("SPY", columns.time_ns, **prices, feature_lookup=feature_lookup(registry))
    config = trading_config(file, {}, execution={"commission": {"bps": FEE * 1e4, "per_share": 0.0, "minimum": 0.0}})
    rules = new_risk_rules(registry, config["risk"])
    factory = registry.get("strategy", "sma_cross").factory
    found = []
    for fast, slow in GRID:
        targets = compute_targets(factory, {"fast": fast, "slow": slow}, bars)
        equity, fills, _ = trade_targets(config, bars, targets, rules, new_account(config["execution"]))
        growth = equity[1:] / equity[:-1]
        growth[fills.bars[fills.positions > 0.0] - 1] *= (1.0 - FEE) * (1.0 + FEE)
        found.append(growth[WARM - 1 :] - 1.0)
    return np.array(found)


def test_overfitting_and_deflation_of_a_grid_on_spy_are_those_of_the_reference(shared: Path) -> None:
    document = reference(shared, "backtests")
    assert document["WF grid"] == [f"{fast}/{slow}" for fast, slow in GRID]
    returns = grid_returns(shared / "data" / "SPY.csv")
    overfitting = backtest_overfitting([BlockSums.of(trial) for trial in returns])
    samples = [sample for trial in returns if (sample := sharpe_sample(trial))]
    best = max(samples, key=lambda sample: sample.sharpe)
    benchmark = deflated_benchmark(float(np.std([sample.sharpe for sample in samples], ddof=1)), len(samples))
    assert overfitting is not None
    found = {
        "T": returns.shape[1],
        "N": len(returns),
        "PBO_S16": overfitting.pbo,
        "ncomb": overfitting.splits,
        "best": "{}/{}".format(*GRID[samples.index(best)]),
        "best_sharpe_ann": best.sharpe * sqrt(252),
        "SR0_ann": benchmark * sqrt(252),
        "skew": best.skewness,
        "kurt": best.kurtosis,
        "DSR": probabilistic_sharpe(best, benchmark),
        "PSR0": probabilistic_sharpe(best),
    }
    assert_met(found, document["Overfit stats on grid (bars 200:)"])

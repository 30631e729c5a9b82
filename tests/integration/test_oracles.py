"""Other people's libraries agree with our figures; they are the extra `oracles`, whose imports take seconds."""

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from orchestrator.job import Windows
from orchestrator.workflows.combinatorial_purged_cv import backtest_paths, choose_splits, split_groups, train_ranges
from orchestrator.workflows.walk_forward import split_windows
from topologies.bars import FloatArray, IntArray
from topologies.components.metrics.overfitting import BlockSums, backtest_overfitting
from topologies.components.metrics.performance import returns_metrics
from topologies.components.metrics.significance import (
    deflated_benchmark,
    expected_maximum,
    probabilistic_sharpe,
    sharpe_sample,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs
]
DAYS = 252
RETURNS: FloatArray = np.random.default_rng(31).standard_t(4, (1500, 12)) * 0.008 + 0.0004


def oracle(name: str) -> Any:
    """The library; without it the test is skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            pytest.skip(f"{name} is not installed: pip install 'daybreak[oracles]'")


def our_metrics(returns: FloatArray) -> dict[str, Any]:
    day_ns = 86_400 * 10**9
    time_ns: IntArray = np.arange(len(returns), dtype=np.int64) * day_ns
    return returns_metrics(returns, np.cumprod(1.0 + returns, dtype=np.float64) * 1000.0, time_ns, 1000.0, DAYS)


def test_empyrical_has_the_same_ratios() -> None:
    empyrical = oracle("empyrical")
    returns = RETURNS[:, 0]
    ours = our_metrics(returns)
    theirs = {
        "sharpe_ratio": empyrical.sharpe_ratio(returns),
        "sortino_ratio": empyrical.sortino_ratio(returns),
        "max_drawdown": empyrical.max_drawdown(returns),
        "total_return": empyrical.cum_returns_final(returns),
        "cagr": empyrical.annual_return(returns),
        "volatility": empyrical.annual_volatility(returns),
    }
    assert {name: ours[name] for name in theirs} == pytest.approx(theirs, rel=1e-9)


def test_skfolio_has_the_same_probabilistic_and_deflated_sharpe_ratios() -> None:
    measures = oracle("skfolio.measures")
    samples = [sample for trial in RETURNS.T if (sample := sharpe_sample(trial))]
    sharpes = np.array([sample.sharpe for sample in samples])
    best = int(sharpes.argmax())
    benchmark = deflated_benchmark(float(sharpes.std(ddof=1)), len(sharpes))
    assert benchmark == pytest.approx(measures.expected_max_sharpe_ratio(len(sharpes), sharpes.std(ddof=1)), rel=1e-6)
    theirs = measures.probabilistic_sharpe_ratio(RETURNS[:, best])
    assert probabilistic_sharpe(samples[best]) == pytest.approx(theirs, rel=1e-6)
    theirs = measures.deflated_sharpe_ratio(RETURNS[:, best], sharpes)
    assert probabilistic_sharpe(samples[best], benchmark) == pytest.approx(theirs, rel=1e-6)


def test_ffn_has_the_same_expected_maximum_deflated_sharpe_ratio_and_probability_of_overfitting() -> None:
    core, pandas = oracle("ffn.core"), oracle("pandas")
    frame = pandas.DataFrame(RETURNS, index=pandas.bdate_range("2015-01-01", periods=len(RETURNS)))
    assert expected_maximum(247) == pytest.approx(core.calc_expected_max_sharpe(247, 1.0), rel=1e-9)
    samples = [sample for trial in RETURNS.T if (sample := sharpe_sample(trial))]
    sharpes = np.array([sample.sharpe for sample in samples])
    best = int(sharpes.argmax())
    theirs = core.calc_deflated_sharpe_ratio(frame[best], sharpes, nperiods=DAYS, annualized_trials=False)
    benchmark = deflated_benchmark(float(sharpes.std(ddof=1)), len(sharpes))
    assert probabilistic_sharpe(samples[best], benchmark) == pytest.approx(theirs, rel=1e-5)
    ours = backtest_overfitting([BlockSums.of(trial, 10) for trial in RETURNS.T])
    assert ours is not None
    assert ours.pbo == pytest.approx(core.calc_prob_backtest_overfitting(frame, n_blocks=10), abs=1e-12)


@pytest.mark.parametrize("purge", [0, 5])
def test_skfolio_walks_forward_over_the_same_windows(purge: int) -> None:
    selection = oracle("skfolio.model_selection")
    windows = Windows(train=1008, test=252, step=None, anchored=False, purge=purge)
    ours = [tuple(window) for window in split_windows(windows, 5849)]
    splitter = selection.WalkForward(test_size=252, train_size=1008 - purge, purged_size=purge)
    theirs = [
        (int(train[0]), int(train[-1]) + 1, int(test[0]), int(test[-1]) + 1)
        for train, test in splitter.split(np.zeros((5849, 1)))
    ]
    assert ours == theirs


@pytest.mark.parametrize(("groups", "tests", "purge", "embargo"), [(6, 2, 0, 0), (6, 2, 20, 10), (7, 3, 5, 0)])
def test_skfolio_cross_validates_by_the_same_splits_and_paths(
    groups: int, tests: int, purge: int, embargo: int
) -> None:
    selection = oracle("skfolio.model_selection")
    theirs = selection.CombinatorialPurgedCV(groups, tests, purged_size=purge, embargo_size=embargo)
    bounds, splits = split_groups(1003, groups), choose_splits(groups, tests)

    for tested, (train, test) in zip(splits, theirs.split(np.zeros((1003, 1))), strict=True):
        ours = [bar for start, end in train_ranges(bounds, tested, purge, embargo) for bar in range(start, end)]
        assert ours == train.tolist()
        assert [(int(group[0]), int(group[-1]) + 1) for group in test] == [bounds[group] for group in tested]
    assert backtest_paths(splits, groups) == theirs.recombined_paths.T.tolist()

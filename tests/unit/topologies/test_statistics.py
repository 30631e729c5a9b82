"""The statistics of a run count every trial, compare trials over one length, and say None where nothing can be said."""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.events.event import Event
from tests.fakes.market import Workbench, payloads, random_walk, trace_of, trading_config
from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import block_bootstrap
from topologies.components.metrics.meanings import MEANINGS
from topologies.components.metrics.overfitting import BlockSums, backtest_overfitting
from topologies.components.metrics.significance import (
    SharpeSample,
    deflated_benchmark,
    min_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)

LENGTH = 600
GRID = [{"fast": fast, "slow": slow} for fast in (2, 5, 8) for slow in (12, 20)]
# Of the windows' sweeps: train 1 and train 2.
WINDOWS = ((0, 300), (100, 400))


@dataclass(frozen=True)
class Runs:
    """Phases over one data file, and the statistics of what they give."""

    bench: Workbench
    data: Path

    def opened(self, config: dict[str, Any], events: list[Event]) -> list[Event]:
        """With the first record, which tells of the configuration, as the runner writes it."""
        return [Event("TRACE_OPEN", None, "phase_worker", {"config": config}), *events]

    def config(self, strategy: dict[str, Any], start: int = 0, end: int = LENGTH) -> dict[str, Any]:
        return trading_config(self.data, strategy, bars={"start": start, "end": end})

    def sweep(self, start: int = 0, end: int = LENGTH, trials: list[dict[str, Any]] | None = None) -> list[Event]:
        config = self.config({"name": "sma_cross", "trials": GRID if trials is None else trials}, start, end)
        return self.opened(config, self.bench.run("parameter_sweep", config))

    def backtest(self, params: dict[str, Any], start: int = 0, end: int = LENGTH) -> list[Event]:
        config = self.config({"name": "sma_cross", "params": params}, start, end)
        return self.opened(config, self.bench.run("backtest", config))

    def statistics(self, result: list[Event], *sweeps: list[Event], spa: bool = False) -> dict[str, Any]:
        names = [f"train-{number}" for number in range(len(sweeps))]
        inputs = {"result": trace_of(result)} | dict(zip(names, map(trace_of, sweeps), strict=True))
        config = self.config({"name": "sma_cross"}) | {"result": "result", "sweeps": names, "spa": spa}
        [found] = payloads(self.bench.run("statistics", config, inputs), "STATISTICS")
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    bench = Workbench(tmp_path_factory.mktemp("statistics"))
    return Runs(bench, bench.add_data(random_walk(23, LENGTH)))


def returns_of(events: list[Event]) -> FloatArray:
    [curve] = payloads(events, "EQUITY_CURVE")
    equity = np.array(curve["equity"])
    return np.asarray(equity / np.concatenate(([100_000.0], equity[:-1])) - 1.0)


def sample_of(returns: FloatArray) -> SharpeSample:
    sample = sharpe_sample(returns)
    assert sample is not None
    return sample


def test_a_single_backtest_is_one_trial_and_has_no_probability_of_overfitting(runs: Runs) -> None:
    result = runs.backtest(GRID[0])
    found = runs.statistics(result)
    sample = sample_of(returns_of(result))
    assert (found["trials"], found["distinct_trials"], found["bars"]) == (1, 1, LENGTH)
    assert found["sharpe_ratio"] == pytest.approx(payloads(result, "PORTFOLIO_METRICS")[0]["sharpe_ratio"], rel=1e-12)
    assert found["dsr"] == found["psr"] == probabilistic_sharpe(sample)
    assert found["min_trl"] == min_track_record(sample)
    assert (found["pbo"], found["reality_check"], found["expected_best_sharpe"]) == (None, None, 0.0)


def test_every_trial_of_every_window_counts(runs: Runs) -> None:
    sweeps = [runs.sweep(*window) for window in WINDOWS]
    result = runs.backtest(GRID[1], 300, 500)
    once, twice = (runs.statistics(result, *sweeps[:number]) for number in (1, 2))
    assert (once["trials"], twice["trials"]) == (len(GRID), 2 * len(GRID))
    assert once["distinct_trials"] == twice["distinct_trials"] == len(GRID)
    assert twice["dsr"] < once["dsr"] < once["psr"]
    assert twice["min_backtest_years"] > once["min_backtest_years"]


def test_a_trial_that_never_traded_counts_as_one_that_was_tried(runs: Runs) -> None:
    result, flat = runs.backtest(GRID[1]), {"fast": 2, "slow": LENGTH + 1}
    without, with_it = runs.statistics(result, runs.sweep()), runs.statistics(result, runs.sweep(trials=[*GRID, flat]))
    assert payloads(runs.sweep(trials=[flat]), "PORTFOLIO_METRICS")[0]["sharpe_ratio"] is None
    assert with_it["trials"] == without["trials"] + 1
    assert with_it["dsr"] < without["dsr"]


def test_deflation_and_overfitting_are_of_all_trials_over_all_bars_that_were_used(runs: Runs) -> None:
    sweeps = [runs.sweep(*window) for window in WINDOWS]
    result = runs.backtest(GRID[1], 300, 500)
    found = runs.statistics(result, *sweeps)
    over_all = [returns_of(runs.backtest(params, 0, 500)) for params in GRID]
    deviation = float(np.std([sample_of(each).sharpe for each in over_all], ddof=1))
    benchmark = deflated_benchmark(deviation, 2 * len(GRID))
    assert found["expected_best_sharpe"] == pytest.approx(benchmark * sqrt(252.0), rel=1e-12)
    assert found["dsr"] == pytest.approx(probabilistic_sharpe(sample_of(returns_of(result)), benchmark), rel=1e-12)
    overfitting = backtest_overfitting([BlockSums.of(each) for each in over_all])
    assert overfitting is not None
    assert (found["pbo"], found["pbo_splits"]) == (overfitting.pbo, 12_870)
    assert found["performance_degradation"] == pytest.approx(overfitting.slope, rel=1e-9)


def test_the_intervals_are_those_of_the_seed_that_is_told(runs: Runs) -> None:
    result = runs.backtest(GRID[0])
    found = runs.statistics(result)
    bootstrap = block_bootstrap(returns_of(result), found["bootstrap_seed"], 252.0)
    assert (found["sharpe_low"], found["sharpe_high"]) == bootstrap.sharpe
    assert (found["cagr_low"], found["cagr_high"]) == bootstrap.cagr
    assert found["sharpe_low"] < found["sharpe_ratio"] < found["sharpe_high"]
    assert found == runs.statistics(result)


def test_of_a_curve_that_does_not_vary_nothing_is_said(runs: Runs) -> None:
    found = runs.statistics(runs.backtest({"fast": 2, "slow": LENGTH + 1}), runs.sweep())
    undefined = {name for name, value in found.items() if value is None}
    assert {"sharpe_ratio", "psr", "dsr", "min_trl", "lo_sharpe_ratio", "sharpe_low", "kurtosis"} <= undefined
    assert found["trials"] == len(GRID)
    assert found["pbo"] is not None


def test_a_result_without_a_curve_has_its_trials_and_nothing_else(runs: Runs) -> None:
    sweep = runs.sweep()
    found = runs.statistics(sweep, sweep)
    assert (found["bars"], found["trials"], found["psr"], found["dsr"]) == (0, len(GRID), None, None)


def test_every_figure_has_a_label_and_a_meaning_that_is_a_sentence(runs: Runs) -> None:
    assert list(runs.statistics(runs.backtest(GRID[0]))) == list(MEANINGS)
    for label, meaning in MEANINGS.values():
        assert label
        assert meaning[0].isupper()
        assert meaning.endswith(".")


def test_workers_change_no_figure(runs: Runs) -> None:
    sweep, result = runs.sweep(), runs.backtest(GRID[1])
    alone = runs.statistics(result, sweep)
    together = Runs(Workbench(runs.bench.folder, sources=runs.bench.sources, workers=2), runs.data)
    assert together.statistics(result, sweep) == alone


def test_the_reality_check_is_made_where_it_is_asked_for(runs: Runs) -> None:
    pytest.importorskip("arch", reason="the extra arch is not installed")
    result, sweep = runs.backtest(GRID[0]), runs.sweep()
    found = runs.statistics(result, sweep, spa=True)
    assert 0.0 <= found["spa"] <= found["reality_check"] <= 1.0
    assert found == runs.statistics(result, sweep, spa=True)

"""Every known pitfall of backtests has tests that notice it."""

from pathlib import Path

import pytest

from tests.fakes.mutated_copy import Edit
from tests.fakes.pitfalls import Pitfall, assert_noticed

UNIT = "tests/unit/topologies"
WORKFLOWS = "tests/unit/orchestrator/workflows"
WALK_FORWARD = f"{WORKFLOWS}/test_walk_forward.py"
_COLD = """np.concatenate((np.zeros(start), compute_targets(factory, params, Bars(
        bars.symbol, bars.time_ns[start:], bars.open[start:], bars.high[start:], bars.low[start:], bars.close[start:],
        bars.volume[start:], bars.feature_lookup))))"""

PITFALLS = (
    Pitfall(
        "look-ahead: a strategy knows tomorrow's close",
        (
            Edit(
                "topologies/components/strategies/momentum.py",
                'bars.feature("rate_of_change", window=lookback) >',
                'np.append(bars.feature("rate_of_change", window=lookback)[1:], 0.0) >',
            ),
        ),
        (f"{UNIT}/components/strategies/test_causality.py",),
    ),
    Pitfall(
        "look-ahead: a fill at the open of the bar whose close decided",
        (Edit("topologies/components/execution/broker.py", '"next_open": (1, "open")', '"next_open": (0, "open")'),),
        (f"{UNIT}/test_no_look_ahead.py::test_a_fill_is_never_before_the_bar_that_its_convention_allows",),
    ),
    Pitfall(
        "look-ahead: a trailing stop follows the best price of the bar that it ends",
        (
            Edit(
                "topologies/components/risk/exit_levels.py",
                "stops = np.maximum(self._stop, self._trailing(best_before[:-1]))",
                "stops = np.maximum(self._stop, self._trailing(best_before[1:]))",
            ),
        ),
        (f"{UNIT}/components/risk/test_exits.py",),
    ),
    Pitfall(
        "warm-up off by one",
        (
            Edit(
                "topologies/components/features/sma.py",
                "    return exact_means(bars.close, window)",
                "    means = exact_means(bars.close, window)\n"
                "    means[window - 2 : window - 1] = means[window - 1 : window]\n    return means",
            ),
        ),
        (f"{UNIT}/components/features/test_sma.py",),
    ),
    Pitfall(
        "cold indicators in a test window",
        (Edit("topologies/backtest.py", "compute_targets(factory, params, bars)", _COLD),),
        (f"{UNIT}/test_backtest.py::test_indicators_are_warm_from_the_bars_before_the_window",),
    ),
    Pitfall(
        "a selection that sees the test window",
        (
            Edit(
                "orchestrator/workflows/walk_forward.py",
                "trading_config(job, data, window.train_start, window.train_end,",
                "trading_config(job, data, window.train_start, window.test_end,",
            ),
        ),
        (WALK_FORWARD, "tests/e2e/test_look_ahead.py::test_training_and_selection_do_not_see_the_test_window"),
    ),
    Pitfall(
        "a boundary shifted by one bar",
        (
            Edit(
                "orchestrator/workflows/walk_forward.py",
                "yield WindowBounds(first, boundary - windows.purge, boundary, boundary + test)",
                "yield WindowBounds(first, boundary - windows.purge, boundary - 1, boundary - 1 + test)",
            ),
        ),
        (f"{WALK_FORWARD}::test_no_window_tests_what_it_was_trained_on_and_no_bar_is_tested_twice",),
    ),
    Pitfall(
        "a training that reaches up to its test: nothing purged, no embargo",
        (Edit("orchestrator/workflows/combinatorial_purged_cv.py", "test_end + purge + embargo\n", "test_end\n"),),
        (f"{WORKFLOWS}/test_combinatorial_purged_cv.py::test_no_bar_is_trained_on_that_is_tested_or_near_a_test",),
    ),
    Pitfall(
        "warm-up bars counted in metrics",
        (
            Edit(
                "topologies/trading.py",
                "Portfolio(bus, bars, start=start, cash=",
                "Portfolio(bus, bars, start=0, cash=",
            ),
        ),
        (f"{UNIT}/test_backtest.py::test_a_window_starts_flat_and_decides_first_at_its_first_close",),
    ),
    Pitfall(
        "normalisation by the full sample",
        (
            Edit(
                "topologies/components/features/rolling_std.py",
                "    return deviations",
                "    return deviations * (np.nanstd(bars.close) / np.nanstd(bars.close[:window]))",
            ),
        ),
        (f"{UNIT}/components/features/test_causality.py",),
    ),
    Pitfall(
        "prices that are not adjusted for a split: nobody is told",
        (Edit("topologies/components/data/suspicions.py", "ratio >= _SMALLEST_SPLIT", "ratio >= 1e9"),),
        (f"{UNIT}/components/data/test_suspicions.py::test_a_jump_as_in_a_split_is_suspicious",),
    ),
    Pitfall(
        "prices that are not adjusted for a split: fills at raw opens, values at adjusted closes",
        (
            Edit(
                "topologies/components/data/price_modes.py",
                "replace(_times(columns, columns.adj_close / columns.close), close=columns.adj_close)",
                "replace(columns, close=columns.adj_close)",
            ),
        ),
        (f"{UNIT}/test_market.py::test_total_return_scales_all_prices_by_the_adjusted_close",),
    ),
    Pitfall(
        "prices that are not adjusted for a split: those of its last day before",
        (
            Edit(
                "topologies/components/data/price_modes.py",
                "np.searchsorted(day_ns, days)",
                'np.searchsorted(day_ns, days, side="right")',
            ),
        ),
        (
            f"{UNIT}/components/data/test_price_modes.py::test_bars_up_to_and_with_the_date_of_a_factor_are_multiplied_by_it",
        ),
    ),
    Pitfall(
        "float ties: averages by differences of running sums",
        (
            Edit(
                "topologies/components/features/sma.py",
                "    return exact_means(bars.close, window)",
                "    import numpy as np\n    sums = np.concatenate(([0.0], np.cumsum(bars.close)))\n"
                "    means = np.full(len(bars), np.nan)\n"
                "    means[window - 1 :] = (sums[window:] - sums[:-window]) / window\n    return means",
            ),
        ),
        (f"{UNIT}/components/features/test_sma.py",),
    ),
    Pitfall(
        "float ties: of equally good trials not the first",
        (Edit("topologies/selection.py", "max(trials, key", "max(reversed(trials), key"),),
        (f"{UNIT}/test_selection.py::test_a_tie_goes_to_the_first_trial_in_order",),
    ),
    Pitfall(
        "a delisted symbol that is not held to its last bar",
        (
            Edit(
                "topologies/components/portfolio/equity.py", "equity *= close[start:]", "equity[:-1] *= close[start:-1]"
            ),
        ),
        (f"{UNIT}/components/portfolio/test_equity.py",),
    ),
    Pitfall(
        "forgotten trials: sets of parameters count once, however many windows tried them",
        (Edit("topologies/statistics.py", "attempted = len(metrics)", "attempted = len(distinct)"),),
        (f"{UNIT}/test_statistics.py::test_every_trial_of_every_window_counts",),
    ),
    Pitfall(
        "forgotten trials: those that never traded do not count",
        (
            Edit(
                "topologies/statistics.py",
                "for trial in _trials_of(context, name)]",
                'for trial in _trials_of(context, name) if trial["sharpe_ratio"]]',
            ),
        ),
        (f"{UNIT}/test_statistics.py::test_a_trial_that_never_traded_counts_as_one_that_was_tried",),
    ),
    Pitfall(
        "forgotten trials: those of the first sweep count",
        (
            Edit(
                "orchestrator/closing_phases.py",
                'if phase.topology == "parameter_sweep"]',
                'if phase.topology == "parameter_sweep"][:1]',
            ),
        ),
        ("tests/unit/orchestrator/test_closing_phases.py",),
    ),
    Pitfall(
        "a look-ahead check that compares nothing",
        (
            Edit(
                "topologies/look_ahead_check.py",
                "decided[:cut].view(np.int64) != again.view(np.int64)",
                "decided[:cut].view(np.int64) != decided[:cut].view(np.int64)",
            ),
        ),
        (f"{UNIT}/test_look_ahead_check.py::test_each_trial_is_judged_by_itself",),
    ),
)


@pytest.mark.slow  # a run of pytest for each
@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda pitfall: pitfall.name)
def test_a_pitfall_is_noticed(pitfall: Pitfall, tmp_path: Path) -> None:
    assert_noticed(pitfall, tmp_path)

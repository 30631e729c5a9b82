"""Every figure of merit is what its formula says, and None where the formula says nothing."""

from itertools import accumulate, pairwise
from math import prod, sqrt
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.market import DAY_NS, FIRST_DAY_NS
from topologies.bars import IntArray, iso_timestamp
from topologies.components.metrics.performance import (
    FillColumns,
    activity_metrics,
    curve_metrics,
    trade_metrics,
)


def days(count: int) -> IntArray:
    times: IntArray = FIRST_DAY_NS + np.arange(count, dtype=np.int64) * DAY_NS
    return times


def measure(equity: list[float], start_cash: float = 100.0, periods_per_year: float = 4.0) -> dict[str, Any]:
    return curve_metrics(np.array(equity), days(len(equity)), start_cash, periods_per_year)


def test_the_figures_of_a_small_curve_are_those_worked_out_by_hand() -> None:
    # Returns +10 %, -10 %, +20 %: mean 0.2/3, squared distances from it summing to 0.14/3.
    found = measure([110.0, 99.0, 118.8])
    deviation = sqrt(0.14 / 3 / 2)
    years = 2 / 365.25
    assert found == {
        "bars": 3,
        "start_cash": 100.0,
        "final_equity": 118.8,
        "total_return": pytest.approx(0.188),
        "cagr": pytest.approx(1.188 ** (4 / 3) - 1),
        "cagr_calendar": pytest.approx(1.188 ** (1 / years) - 1),
        "volatility": pytest.approx(deviation * 2),
        "sharpe_ratio": pytest.approx(0.2 / 3 / deviation * 2),
        "sortino_ratio": pytest.approx(0.2 / 3 * 2 / sqrt(0.01 / 3)),
        "max_drawdown": pytest.approx(-0.1),
        "max_drawdown_at": "2020-01-02T00:00:00Z",
        "calmar_ratio": pytest.approx((1.188 ** (1 / years) - 1) / 0.1),
        "periods_per_year": 4.0,
    }


def test_the_first_return_is_that_from_the_start_cash() -> None:
    assert measure([90.0, 90.0])["volatility"] == pytest.approx(stdev([-0.1, 0.0]) * 2)


def test_a_loss_in_the_first_bar_is_a_drawdown_from_the_start_cash() -> None:
    found = measure([80.0, 90.0, 95.0])
    assert (found["max_drawdown"], found["max_drawdown_at"]) == (pytest.approx(-0.2), "2020-01-01T00:00:00Z")


def test_the_drawdown_is_the_deepest_one_and_not_the_last() -> None:
    assert measure([120.0, 60.0, 150.0, 120.0])["max_drawdown"] == pytest.approx(-0.5)


def test_a_flat_curve_has_no_ratios_and_no_drawdown() -> None:
    found = measure([100.0, 100.0, 100.0])
    undefined = ("sharpe_ratio", "sortino_ratio", "calmar_ratio", "max_drawdown_at")
    assert {name: found[name] for name in undefined} == dict.fromkeys(undefined)
    assert (found["volatility"], found["max_drawdown"], found["cagr"]) == (0.0, 0.0, 0.0)


def test_a_curve_that_never_falls_has_a_sharpe_ratio_but_no_sortino_or_calmar_ratio() -> None:
    found = measure([101.0, 103.0, 103.0])
    assert found["sharpe_ratio"] > 0.0
    assert (found["sortino_ratio"], found["calmar_ratio"]) == (None, None)


def test_one_bar_has_no_deviation_and_no_calendar_years() -> None:
    found = measure([90.0])
    assert (found["sharpe_ratio"], found["cagr_calendar"], found["calmar_ratio"]) == (None, None, None)
    assert found["cagr"] == pytest.approx(0.9**4 - 1)
    assert found["sortino_ratio"] == pytest.approx(-2.0)


def test_growth_too_steep_for_a_number_has_no_annual_rate() -> None:
    found = measure([1e30, 1e60])
    assert found["cagr_calendar"] is None
    assert found["total_return"] == pytest.approx(1e58)


def test_a_curve_that_ends_below_zero_has_lost_everything_a_year() -> None:
    found = measure([50.0, -10.0])
    assert (found["cagr"], found["cagr_calendar"]) == (-1.0, -1.0)


@given(
    st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=40), st.floats(1.0, 1e6), st.sampled_from([12.0, 52.0, 252.0])
)
def test_any_curve_has_the_figures_of_the_naive_formulas(
    steps: list[float], start_cash: float, periods_per_year: float
) -> None:
    equity = [start_cash * prod(1.0 + step for step in steps[: bar + 1]) for bar in range(len(steps))]
    found = measure(equity, start_cash, periods_per_year)
    returns = [after / before - 1.0 for before, after in pairwise([start_cash, *equity])]
    root = sqrt(periods_per_year)
    deviation, downside = stdev(returns), sqrt(fmean(min(value, 0.0) ** 2 for value in returns))
    peaks = accumulate(equity, max, initial=start_cash)
    drawdowns = [value / peak - 1.0 for value, peak in zip([start_cash, *equity], peaks, strict=True)]
    assert found["volatility"] == near(deviation * root)
    assert found["max_drawdown"] == near(min(drawdowns))
    assert found["total_return"] == near(prod(1.0 + value for value in returns) - 1.0)
    if deviation > 1e-6:
        assert found["sharpe_ratio"] == near(fmean(returns) / deviation * root)
    if downside > 1e-6:
        assert found["sortino_ratio"] == near(fmean(returns) * root / downside)


def near(expected: float) -> Any:
    """Equal but for the rounding of another order of computation."""
    return pytest.approx(expected, rel=1e-8, abs=1e-8)


def filled(bars: list[int], notionals: list[float], commissions: list[float], positions: list[float]) -> FillColumns:
    floats = (np.array(column, dtype=np.float64) for column in (notionals, commissions, positions))
    return FillColumns(np.array(bars, dtype=np.int64), *floats)


NO_FILLS = filled([], [], [], [])


def test_without_fills_there_is_no_exposure_turnover_or_commission() -> None:
    found = activity_metrics(np.array([100.0, 100.0]), days(2), 0, 100.0, NO_FILLS)
    assert found == {"fills": 0, "open_positions": 0, "commission": 0.0, "exposure": 0.0, "annual_turnover": 0.0}


def test_exposure_counts_the_bars_from_a_fill_that_holds_to_the_fill_that_does_not() -> None:
    fills = filled([12, 15, 18], [0.0] * 3, [0.0] * 3, [5.0, 0.0, -5.0])
    found = activity_metrics(np.full(10, 100.0), days(10), 10, 100.0, fills)
    assert found["exposure"] == 0.5  # bars 12, 13, 14 and 18, 19 of 10 to 19


@pytest.mark.parametrize(("last_position", "open_positions"), [(0.0, 0), (5.0, 1), (-5.0, 1)])
def test_a_position_that_is_held_after_the_last_fill_is_open(last_position: float, open_positions: int) -> None:
    fills = filled([0, 1], [50.0, 50.0], [0.0, 0.0], [7.0, last_position])
    assert activity_metrics(np.full(3, 100.0), days(3), 0, 100.0, fills)["open_positions"] == open_positions


def test_turnover_is_each_notional_by_the_equity_at_the_close_before_it_per_calendar_year() -> None:
    fills = filled([0, 3], [50.0, 30.0], [1.0, 2.5], [5.0, 0.0])
    found = activity_metrics(np.array([100.0, 110.0, 120.0, 130.0]), days(4), 0, 200.0, fills)
    assert found["annual_turnover"] == pytest.approx((50.0 / 200.0 + 30.0 / 120.0) / (3 / 365.25))
    assert (found["fills"], found["commission"]) == (2, 3.5)


def test_a_window_of_one_bar_has_no_annual_turnover() -> None:
    fills = filled([0], [50.0], [1.0], [5.0])
    assert activity_metrics(np.array([100.0]), days(1), 0, 100.0, fills)["annual_turnover"] is None


def test_trades_give_win_rate_profit_factor_and_expectancy() -> None:
    assert trade_metrics(np.array([30.0, -10.0, 0.0, 20.0])) == {
        "trades": 4,
        "wins": 2,
        "gross_profit": 50.0,
        "gross_loss": 10.0,
        "win_rate": 0.5,
        "profit_factor": 5.0,
        "expectancy": 10.0,
    }


def test_without_trades_no_figure_of_them_is_defined() -> None:
    found = trade_metrics(np.array([]))
    assert (found["trades"], found["win_rate"], found["profit_factor"], found["expectancy"]) == (0, None, None, None)


def test_without_a_loss_there_is_no_profit_factor() -> None:
    found = trade_metrics(np.array([10.0, 0.0]))
    assert (found["profit_factor"], found["win_rate"], found["expectancy"]) == (None, 0.5, 5.0)


def test_the_time_of_the_deepest_drawdown_is_that_of_its_bar() -> None:
    equity = [100.0] * 5 + [50.0] + [100.0] * 5
    assert measure(equity)["max_drawdown_at"] == iso_timestamp(int(days(11)[5]))

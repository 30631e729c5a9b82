"""Each strategy on a few bars worked out by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from phase_worker.discovery import get_component_registry
from topologies.bars import Bars
from topologies.components.strategies.intent import compute_targets

MakeBars = Callable[[Sequence[float]], Bars]


def targets(name: str, bars: Bars, **params: Any) -> list[float]:
    return compute_targets(get_component_registry().get("strategy", name).factory, params, bars).tolist()


def test_sma_cross_is_long_above_the_slow_average_and_flat_in_a_tie_and_in_warm_up(make_bars: MakeBars) -> None:
    bars = make_bars([1.1, 1.1, 1.1, 1.4, 1.4, 0.9, 0.9])
    assert targets("sma_cross", bars, fast=2, slow=3) == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_ema_cross_is_long_above_the_slow_average_and_flat_in_a_tie_and_in_warm_up(make_bars: MakeBars) -> None:
    bars = make_bars([1.1, 1.1, 1.1, 1.4, 1.4, 0.9, 0.9])
    assert targets("ema_cross", bars, fast=1, slow=3) == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_momentum_is_long_after_a_rise_of_more_than_the_threshold(make_bars: MakeBars) -> None:
    bars = make_bars([4.0, 4.0, 5.0, 5.0, 6.0])
    assert targets("momentum", bars, lookback=2, threshold=0.25) == [0.0, 0.0, 0.0, 0.0, 0.0]
    assert targets("momentum", bars, lookback=2, threshold=0.2) == [0.0, 0.0, 1.0, 1.0, 0.0]
    assert targets("momentum", bars, lookback=2, threshold=-0.01) == [0.0, 0.0, 1.0, 1.0, 1.0]


def test_rsi_reversion_buys_the_oversold_and_keeps_it_until_overbought(make_bars: MakeBars) -> None:
    bars = make_bars([10.0, 9.0, 8.0, 9.0, 9.0, 12.0, 12.0])  # RSI(2): -, -, 0, 50, 50, 92.9, 92.9
    held = targets("rsi_reversion", bars, window=2, lower=30.0, upper=70.0)
    assert held == [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_bollinger_buys_below_the_lower_band_and_keeps_it_up_to_the_middle(make_bars: MakeBars) -> None:
    bars = make_bars([10.0, 10.0, 10.0, 7.0, 7.5, 9.0, 9.0])  # middles of 3: -, -, 10, 9, 8.17, 7.83, 8.5
    assert targets("bollinger", bars, window=3, width=1.0) == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_bollinger_leaves_at_the_middle_itself(make_bars: MakeBars) -> None:
    bars = make_bars([10.0, 10.0, 10.0, 7.0, 8.5])  # the middle of the last three is 8.5
    assert targets("bollinger", bars, window=3, width=1.0) == [0.0, 0.0, 0.0, 1.0, 0.0]


def test_bollinger_stays_out_while_the_price_rests(make_bars: MakeBars) -> None:
    assert not any(targets("bollinger", make_bars([24.313047 * 1.000037] * 50), window=20, width=0.0))


def test_donchian_breakout_enters_above_the_highs_before_and_leaves_below_the_shorter_lows(make_bars: MakeBars) -> None:
    bars = make_bars([10.0, 11.0, 11.5, 13.0, 12.0, 11.0, 11.5])
    bars = replace(bars, high=bars.close + 0.25, low=bars.close - 0.25)
    assert targets("donchian_breakout", bars, entry=3, exit=1) == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert targets("donchian_breakout", bars, entry=2, exit=2) == [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_variable_moving_average_is_long_above_short_below_and_flat_within_the_band(make_bars: MakeBars) -> None:
    bars = make_bars([10.0, 10.0, 10.4, 10.0, 9.0, 9.4])  # averages of 2: -, 10, 10.2, 10.2, 9.5, 9.2
    assert targets("variable_moving_average", bars, short=1, long=2, band=0.0) == [0.0, 0.0, 1.0, -1.0, -1.0, 1.0]
    assert targets("variable_moving_average", bars, short=1, long=2, band=0.02) == [0.0, 0.0, 0.0, 0.0, -1.0, 1.0]


def test_the_band_of_variable_moving_average_is_a_share_of_the_long_average(make_bars: MakeBars) -> None:
    bars = make_bars([100.0, 100.0, 104.0, 104.0, 96.0])  # averages of 2: -, 100, 102, 104, 100
    assert targets("variable_moving_average", bars, short=1, long=2, band=0.019) == [0.0, 0.0, 1.0, 0.0, -1.0]
    assert targets("variable_moving_average", bars, short=1, long=2, band=0.02) == [0.0, 0.0, 0.0, 0.0, -1.0]


def test_macd_trend_holds_from_clear_above_its_signal_to_clear_below(make_bars: MakeBars) -> None:
    # With fast 1, slow 2 and signal 1 the MACD is its own signal line: never clear of it.
    assert not any(targets("macd_trend", make_bars([1.0, 2.0, 4.0, 8.0]), fast=1, slow=2, signal=1, clear=0.0))
    closes = [8.0, 8.0, 8.0, 9.5, 9.5, 9.5, 6.5, 6.5]
    # EMA(2): 8, 8, 9, 9.333, 9.444, 7.481, 6.827; MACD: 0, 0, .5, .167, .056, -.981, -.327; signal, EMA(2) of that:
    # 0, .333, .222, .111, -.617, -.424. The distance by EMA(1): 0, .0175, -.0058, -.0058, -.056, .0149.
    loose = targets("macd_trend", make_bars(closes), fast=1, slow=2, signal=2, clear=0.01)
    assert loose == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    strict = targets("macd_trend", make_bars(closes), fast=1, slow=2, signal=2, clear=0.005)
    assert strict == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


def test_buy_and_hold_is_long_from_the_first_bar(make_bars: MakeBars) -> None:
    assert targets("buy_and_hold", make_bars([3.0, 2.0])) == [1.0, 1.0]


def test_sma_cross_ties_where_the_decimals_tie(make_bars: MakeBars) -> None:
    """43.21 and 43.27 by turns: both averages are 43.24, which sums of floats miss."""
    assert not any(targets("sma_cross", make_bars(np.tile([43.21, 43.27], 200).tolist()), fast=10, slow=30))

"""Wilder's relative strength index."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]

# The closes of StockCharts' worked example, and its 14-day RSI, which it rounds in between.
STOCKCHARTS = [
    *(44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328),
    *(45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515),
]
STOCKCHARTS_RSI = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38]


def test_it_agrees_with_the_worked_example_of_stockcharts(make_bars: MakeBars) -> None:
    rsi = make_bars(STOCKCHARTS).feature("rsi", window=14)
    assert np.isnan(rsi[:14]).all()
    assert rsi[14:] == pytest.approx(STOCKCHARTS_RSI, abs=0.02)


def test_it_agrees_with_a_bar_by_bar_loop(make_bars: MakeBars) -> None:
    closes = np.random.default_rng(5).lognormal(4.0, 0.02, 300).tolist()
    window = 7
    gains = [max(b - a, 0.0) for a, b in pairwise(closes)]
    losses = [max(a - b, 0.0) for a, b in pairwise(closes)]
    gain, loss = sum(gains[:window]) / window, sum(losses[:window]) / window
    expected = [100 - 100 / (1 + gain / loss)]
    for up, down in zip(gains[window:], losses[window:], strict=True):
        gain, loss = (gain * (window - 1) + up) / window, (loss * (window - 1) + down) / window
        expected.append(100 - 100 / (1 + gain / loss))
    assert make_bars(closes).feature("rsi", window=window)[window:] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("step", "strength"), [(0.5, 100.0), (-0.5, 0.0), (0.0, 50.0)])
def test_it_is_100_when_the_price_only_rises_0_when_it_only_falls_and_50_when_it_rests(
    make_bars: MakeBars, step: float, strength: float
) -> None:
    closes = [100.0 + step * bar for bar in range(40)]
    assert (make_bars(closes).feature("rsi", window=14)[14:] == strength).all()

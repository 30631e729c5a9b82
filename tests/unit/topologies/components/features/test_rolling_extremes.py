"""The highest high and the lowest low of the bars before."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]


def test_the_bar_itself_is_left_out(make_bars: MakeBars) -> None:
    bars = make_bars([1.0] * 5)
    bars = replace(bars, high=np.array([5.0, 3.0, 4.0, 9.0, 1.0]), low=np.array([2.0, 3.0, 4.0, 0.5, 1.0]))
    assert bars.feature("rolling_high", window=2)[2:].tolist() == [5.0, 4.0, 9.0]
    assert bars.feature("rolling_low", window=2)[2:].tolist() == [2.0, 3.0, 0.5]
    assert np.isnan(bars.feature("rolling_high", window=2)[:2]).all()
    assert np.isnan(bars.feature("rolling_low", window=2)[:2]).all()


@pytest.mark.parametrize("window", [1, 2, 3, 5, 8, 20, 31, 64, 99])
def test_they_agree_with_a_bar_by_bar_search(make_bars: MakeBars, window: int) -> None:
    bars = make_bars(np.random.default_rng(window).lognormal(4.0, 0.1, 100).tolist())
    highs = [bars.high[t - window : t].max() for t in range(window, 100)]
    lows = [bars.low[t - window : t].min() for t in range(window, 100)]
    assert bars.feature("rolling_high", window=window)[window:].tolist() == highs
    assert bars.feature("rolling_low", window=window)[window:].tolist() == lows

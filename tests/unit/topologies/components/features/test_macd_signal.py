"""The signal line of the MACD."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]


def test_it_is_the_exponential_average_of_the_differences_from_their_first_mean_on(make_bars: MakeBars) -> None:
    bars = make_bars([4.0, 8.0, 2.0, 6.0, 6.0])
    differences = bars.feature("ema", window=1) - bars.feature("ema", window=2)
    assert differences[1:].tolist() == pytest.approx([2.0, -4 / 3, 8 / 9, 8 / 27])
    line = bars.feature("macd_signal", window=3, fast=1, slow=2)
    assert np.isnan(line[:3]).all()
    assert line[3] == pytest.approx((2.0 - 4 / 3 + 8 / 9) / 3)
    assert line[4] == pytest.approx((line[3] + 8 / 27) / 2)


def test_it_begins_one_bar_after_it_would_be_too_short(make_bars: MakeBars) -> None:
    closes = np.linspace(1.0, 2.0, 34).tolist()
    assert np.isnan(make_bars(closes[:33]).feature("macd_signal", window=9)).all()
    assert np.flatnonzero(~np.isnan(make_bars(closes).feature("macd_signal", window=9))).tolist() == [33]

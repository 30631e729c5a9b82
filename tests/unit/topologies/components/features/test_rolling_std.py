"""The rolling standard deviation."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]


def test_it_divides_by_the_number_of_closes(make_bars: MakeBars) -> None:
    std = make_bars([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).feature("rolling_std", window=8)
    assert np.isnan(std[:7]).all()
    assert std[7] == 2.0


@pytest.mark.parametrize("window", [1, 2, 20, 150])
@pytest.mark.parametrize("level", [0.0, 1e6])
def test_it_agrees_with_numpy_window_by_window_also_far_from_zero(
    make_bars: MakeBars, window: int, level: float
) -> None:
    closes = level + np.random.default_rng(2).lognormal(0.0, 0.1, 200)
    expected = [closes[end - window : end].std() for end in range(window, 201)]
    std = make_bars(closes.tolist()).feature("rolling_std", window=window)
    assert std[window - 1 :] == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("price", [0.1, 24.313047 * 1.000037, 1e-7 / 3, 123456789.1])
def test_it_is_exactly_zero_where_the_price_rests_also_after_a_jump(make_bars: MakeBars, price: float) -> None:
    std = make_bars([price * 1e3] * 10 + [price] * 60).feature("rolling_std", window=20)
    assert (std[29:] == 0.0).all()

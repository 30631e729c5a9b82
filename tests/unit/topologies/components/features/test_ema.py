"""The exponential moving average."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]


def test_it_starts_from_the_mean_of_the_first_window_and_moves_by_two_over_window_plus_one(make_bars: MakeBars) -> None:
    ema = make_bars([2.0, 4.0, 6.0, 8.0, 0.0]).feature("ema", window=3)
    assert np.isnan(ema[:2]).all()
    assert ema[2:].tolist() == [4.0, 6.0, 3.0]


@pytest.mark.parametrize("window", [1, 2, 12, 200])
def test_it_agrees_with_the_weighted_sum_of_all_closes(make_bars: MakeBars, window: int) -> None:
    closes = np.random.default_rng(1).lognormal(4.0, 0.3, 400)
    weight = 2.0 / (window + 1)
    ema = make_bars(closes.tolist()).feature("ema", window=window)
    for t in (window - 1, window, 399):
        ages = np.arange(t - window, -1, -1)
        kept = (1.0 - weight) ** (t - window + 1) * closes[:window].mean()
        assert ema[t] == pytest.approx(
            kept + (weight * (1.0 - weight) ** ages * closes[window : t + 1]).sum(), rel=1e-13
        )


@pytest.mark.parametrize("window", range(1, 40))
def test_a_constant_price_is_its_own_average(make_bars: MakeBars, window: int) -> None:
    price = 24.313047 * 1.000037
    assert (make_bars([price] * 300).feature("ema", window=window)[window - 1 :] == price).all()

"""The simple moving average is exact: equal inputs give equal averages."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topologies.bars import Bars, FloatArray
from topologies.components.features.exact_means import exact_means

MakeBars = Callable[[Sequence[float]], Bars]


def decimal_means(texts: Sequence[str], window: int) -> list[float]:
    """The oracle: exact fractions of the decimals as they are written."""
    exact = [Fraction(text) for text in texts]
    return [float(sum(exact[end - window : end]) / window) for end in range(window, len(exact) + 1)]


def binary_means(prices: FloatArray, window: int) -> FloatArray:
    """The oracle for prices that are no decimals: exact fractions of the doubles."""
    exact = [Fraction(price) for price in prices.tolist()]
    return np.array([float(sum(exact[end - window : end]) / window) for end in range(window, len(exact) + 1)])


def test_it_is_the_mean_of_the_last_closes_from_the_first_full_window_on(make_bars: MakeBars) -> None:
    sma = make_bars([1.0, 2.0, 6.0, 1.0]).feature("sma", window=3)
    assert np.isnan(sma[:2]).all()
    assert sma[2:].tolist() == [3.0, 3.0]


@pytest.mark.parametrize("places", [0, 1, 2, 5, 8, 12])
@pytest.mark.parametrize("window", [1, 3, 10, 97])
def test_means_of_decimals_are_correctly_rounded(places: int, window: int) -> None:
    rng = np.random.default_rng(places)
    texts = [f"{units / 10**places:.{places}f}" for units in rng.integers(1, 10**6, 300).tolist()]
    means = exact_means(np.array([float(text) for text in texts]), window)
    assert means[window - 1 :].tolist() == decimal_means(texts, window)


def test_means_of_decimals_with_many_digits_are_correctly_rounded() -> None:
    """Their window sums do not fit a double: 20 of 15 digits each."""
    texts = [f"{units // 10**6}.{units % 10**6:06d}" for units in range(10**15, 10**15 + 10**12, 10**10 + 7)]
    means = exact_means(np.array([float(text) for text in texts]), 20)
    assert means[19:].tolist() == decimal_means(texts, 20)


def test_means_of_decimals_that_grow_finer_late_are_correctly_rounded() -> None:
    texts = [str(100 + bar % 7) for bar in range(150)] + [f"100.{bar:04d}" for bar in range(150)]
    means = exact_means(np.array([float(text) for text in texts]), 10)
    assert means[9:].tolist() == decimal_means(texts, 10)


@pytest.mark.parametrize("window", [1, 10, 100, 250])
def test_means_are_right_before_within_and_after_the_change_from_decimals_to_doubles(window: int) -> None:
    cents = np.round(np.random.default_rng(6).lognormal(4.0, 0.2, 400), 2)
    prices = np.concatenate((cents[:200], cents[200:] * 1.000037))
    expected = binary_means(prices, window)
    assert (np.abs(exact_means(prices, window)[window - 1 :] - expected) <= 2 * np.spacing(expected)).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_means_of_doubles_are_good_to_two_units_in_the_last_place(scale: float) -> None:
    prices = scale * np.random.default_rng(3).lognormal(0.0, 1.0, 500)
    for window in (2, 7, 100):
        expected = binary_means(prices, window)
        assert (np.abs(exact_means(prices, window)[window - 1 :] - expected) <= 2 * np.spacing(expected)).all()


def test_means_stay_right_over_a_fall_of_eighteen_decades() -> None:
    prices = np.logspace(9, -9, 400) * 1.000037
    expected = binary_means(prices, 30)
    assert (np.abs(exact_means(prices, 30)[29:] - expected) <= 2 * np.spacing(expected)).all()


@given(price=st.floats(1e-9, 1e9), before=st.lists(st.floats(1e-3, 1e6), max_size=8))
def test_the_mean_of_equal_prices_is_that_price(price: float, before: list[float]) -> None:
    prices = np.array(before + [price] * 40)
    for window in (1, 3, 10, 30):
        assert (exact_means(prices, window)[len(before) + window - 1 :] == price).all()


@given(st.lists(st.integers(1, 300), min_size=10, max_size=10), st.sampled_from([10, 100, 1000, 10**8]))
def test_averages_tie_when_the_decimals_do(ticks: list[int], scale: int) -> None:
    """The slow window holds twenty more ticks with the mean of the ten: as a decimal the averages are equal."""
    rest = [sum(ticks)] * 20
    prices = np.array([tick / scale for tick in rest + [10 * tick for tick in ticks]])
    assert exact_means(prices, 10)[-1] == exact_means(prices, 30)[-1]


def test_averages_of_an_adjusted_price_that_goes_to_and_fro_tie() -> None:
    prices = np.tile([24.313047 * 1.000037, 24.48595 * 1.000037], 100)
    assert (exact_means(prices, 10)[99:] == exact_means(prices, 30)[99:]).all()


def test_running_sums_of_floats_would_break_these_ties(make_bars: MakeBars) -> None:
    """What the exact sums are for: the plain way sees crossings where there are ties."""
    prices = np.tile([43.21, 43.27], 200)

    def plain(window: int) -> FloatArray:
        totals = np.cumsum(prices)
        return (totals[window:] - totals[:-window]) / window

    assert (plain(10)[-100:] > plain(30)[-100:]).any()
    bars = make_bars(prices.tolist())
    assert (bars.feature("sma", window=10)[-100:] == bars.feature("sma", window=30)[-100:]).all()

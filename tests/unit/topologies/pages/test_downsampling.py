"""Of a long curve what is extreme is always drawn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from topologies.pages.downsampling import telling_points


def test_a_short_curve_is_drawn_whole() -> None:
    assert telling_points([np.arange(100.0)], 50).tolist() == list(range(100))


@given(st.integers(0, 2**32 - 1), st.integers(401, 3000))
def test_no_high_and_no_low_is_lost_and_both_ends_stay(seed: int, length: int) -> None:
    walks = list(np.random.default_rng(seed).normal(size=(2, length)).cumsum(axis=1))
    shown = telling_points(walks, 40)
    assert len(shown) <= 2 * 2 * 40 + 2
    assert (shown[0], shown[-1]) == (0, length - 1)
    assert (np.diff(shown) > 0).all()
    for walk in walks:
        assert walk[shown].min() == walk.min()
        assert walk[shown].max() == walk.max()


def test_each_stretch_keeps_its_own_extremes() -> None:
    curve = np.zeros(1000)
    curve[[150, 850]] = 5.0, -3.0
    shown = telling_points([curve], 10).tolist()
    assert 150 in shown
    assert 850 in shown


def test_a_stretch_without_values_is_left_out() -> None:
    curve = np.r_[np.full(500, np.nan), np.arange(500.0)]
    assert np.isnan(curve[telling_points([curve], 10)]).sum() == 1  # the first of all

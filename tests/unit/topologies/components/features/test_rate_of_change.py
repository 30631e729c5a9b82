"""The relative change of the close."""

from collections.abc import Callable, Sequence

import numpy as np

from topologies.bars import Bars

MakeBars = Callable[[Sequence[float]], Bars]


def test_it_is_the_change_since_the_close_a_window_ago(make_bars: MakeBars) -> None:
    change = make_bars([1.0, 2.0, 1.5, 1.0]).feature("rate_of_change", window=2)
    assert np.isnan(change[:2]).all()
    assert change[2:].tolist() == [0.5, -0.5]

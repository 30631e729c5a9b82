"""The lowest low before each bar."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray
from topologies.components.features.trailing_extremes import trailing_extremes


@feature(name="rolling_low")
def rolling_low(bars: Bars, *, window: int) -> FloatArray:
    """The lowest low of the `window` bars before each bar, shape (n,), from bar `window` on.

    The bar itself is left out, so that its close can break through.
    """
    return trailing_extremes(bars.low, window, np.minimum)

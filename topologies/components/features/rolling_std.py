"""The rolling standard deviation of the closes."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray


@feature(name="rolling_std")
def rolling_std(bars: Bars, *, window: int) -> FloatArray:
    """The population (ddof=0) standard deviation of the last `window` closes, shape (n,), from bar window-1 on.

    Squares of differences from the window's own mean, not differences of running sums of squares: equal closes give 0.
    """
    means = bars.feature("sma", window=window)[window - 1 :]
    squares = np.zeros(len(means))
    for offset in range(window):
        squares += (bars.close[offset : offset + len(means)] - means) ** 2
    deviations = np.full(len(bars), np.nan)
    deviations[window - 1 :] = np.sqrt(squares / window)
    return deviations

"""The exponential moving average of the closes."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray
from topologies.components.features.smoothing import smooth


@feature(name="ema")
def ema(bars: Bars, *, window: int) -> FloatArray:
    """The average with weight 2 / (window + 1) for the newest close, shape (n,), from bar window-1 on.

    As in TA-Lib it starts from the simple average of the first `window` closes.
    """
    averages = np.full(len(bars), np.nan)
    if len(bars) >= window:
        seed = float(bars.feature("sma", window=window)[window - 1])
        averages[window - 1 :] = smooth(bars.close[window:], 2.0 / (window + 1), seed)
    return averages

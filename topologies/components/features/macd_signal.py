"""The signal line of the MACD."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray
from topologies.components.features.smoothing import smooth


@feature(name="macd_signal")
def macd_signal(bars: Bars, *, window: int, fast: int = 12, slow: int = 26) -> FloatArray:
    """The exponential average over `window` bars of EMA(fast) - EMA(slow), shape (n,), from bar slow+window-2 on.

    As in TA-Lib it starts from the simple average of the first `window` differences.
    """
    differences = bars.feature("ema", window=fast) - bars.feature("ema", window=slow)
    averages = np.full(len(bars), np.nan)
    first = slow + window - 2
    if len(bars) > first:
        seed = float(differences[slow - 1 : first + 1].mean())
        averages[first:] = smooth(differences[first + 1 :], 2.0 / (window + 1), seed)
    return averages

"""The relative change of the close."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray


@feature(name="rate_of_change")
def rate_of_change(bars: Bars, *, window: int) -> FloatArray:
    """close[t] / close[t - window] - 1, shape (n,), from bar `window` on."""
    changes = np.full(len(bars), np.nan)
    changes[window:] = bars.close[window:] / bars.close[:-window] - 1.0
    return changes

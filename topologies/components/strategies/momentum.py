"""Long after a rise."""

import numpy as np

from phase_worker.discovery import Float, Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="momentum",
    params={
        "lookback": Int(60, 1, 5000, grid=(20, 60, 120, 250)),
        "threshold": Float(0.0, -1.0, 10.0, grid=(0.0, 0.02, 0.05)),
    },
)
def momentum(bars: Bars, *, lookback: int, threshold: float) -> FloatArray:
    """1.0 where the close has risen by more than `threshold` (0.05 is 5 %) in `lookback` bars, else 0.0."""
    return np.where(bars.feature("rate_of_change", window=lookback) > threshold, 1.0, 0.0)

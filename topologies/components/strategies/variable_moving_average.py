"""Long above, short below a long moving average, by more than a band around it."""

import numpy as np

from phase_worker.discovery import Float, Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="variable_moving_average",
    params={
        "short": Int(1, 1, 1000, grid=(1, 2, 5)),
        "long": Int(50, 2, 5000, grid=(50, 150, 200)),
        "band": Float(0.0, 0.0, 1.0, grid=(0.0, 0.01)),
    },
    constraints=("short < long",),
)
def variable_moving_average(bars: Bars, *, short: int, long: int, band: float) -> FloatArray:
    """1.0 where SMA(short) is above SMA(long) · (1 + band), -1.0 where it is below SMA(long) · (1 - band), else 0.0.

    The variable-length rule of Brock, Lakonishok and LeBaron (1992): each day is a buy, a sell, or, within the band
    (0.01 is 1 %) and while the long average warms up, neither.
    """
    level, average = bars.feature("sma", window=short), bars.feature("sma", window=long)
    return np.where(level > average * (1.0 + band), 1.0, np.where(level < average * (1.0 - band), -1.0, 0.0))

"""Buy below the lower Bollinger band, until the price is back at the middle."""

import numpy as np

from phase_worker.discovery import Float, Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="bollinger",
    params={"window": Int(20, 2, 5000, grid=(10, 20, 50)), "width": Float(2.0, 0.0, 10.0, grid=(1.0, 1.5, 2.0, 2.5))},
)
def bollinger(bars: Bars, *, window: int, width: float) -> FloatArray:
    """1.0 where the close is more than `width` standard deviations below its average, 0.0 where it is not below it."""
    middle = bars.feature("sma", window=window)
    lower = middle - width * bars.feature("rolling_std", window=window)
    return np.select([bars.close < lower, bars.close >= middle], [1.0, 0.0], default=np.nan)

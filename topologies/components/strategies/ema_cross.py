"""Long while the fast exponential moving average is above the slow one."""

import numpy as np

from phase_worker.discovery import Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="ema_cross",
    params={"fast": Int(12, 1, 1000, grid=(5, 10, 20, 50)), "slow": Int(26, 2, 5000, grid=(20, 50, 100, 200))},
    constraints=("fast < slow",),
)
def ema_cross(bars: Bars, *, fast: int, slow: int) -> FloatArray:
    """1.0 where EMA(fast) > EMA(slow) of the closes, else 0.0: in a tie and while the slow average warms up too."""
    return np.where(bars.feature("ema", window=fast) > bars.feature("ema", window=slow), 1.0, 0.0)

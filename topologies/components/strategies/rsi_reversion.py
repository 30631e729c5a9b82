"""Buy what is oversold by Wilder's relative strength index, until it is overbought."""

import numpy as np

from phase_worker.discovery import Float, Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="rsi_reversion",
    params={
        "window": Int(14, 1, 1000, grid=(2, 7, 14, 21)),
        "lower": Float(30.0, 0.0, 100.0, grid=(20.0, 30.0)),
        "upper": Float(70.0, 0.0, 100.0, grid=(50.0, 70.0)),
    },
    constraints=("lower < upper",),
)
def rsi_reversion(bars: Bars, *, window: int, lower: float, upper: float) -> FloatArray:
    """1.0 where RSI(window) is below `lower`, 0.0 where it is above `upper`, no opinion between them."""
    strength = bars.feature("rsi", window=window)
    return np.select([strength < lower, strength > upper], [1.0, 0.0], default=np.nan)

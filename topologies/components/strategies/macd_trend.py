"""Long from where the MACD rises clear of its signal line until it falls clear of it."""

import numpy as np

from phase_worker.discovery import Float, Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="macd_trend",
    params={
        "fast": Int(12, 1, 1000, grid=(6, 12, 24)),
        "slow": Int(26, 2, 5000, grid=(26, 52, 104)),
        "signal": Int(9, 1, 1000, grid=(6, 9, 18)),
        "clear": Float(0.0025, 0.0, 1.0, grid=(0.0, 0.0025, 0.005)),
    },
    constraints=("fast < slow",),
)
def macd_trend(bars: Bars, *, fast: int, slow: int, signal: int, clear: float) -> FloatArray:
    """1.0 where (MACD - its signal line) / EMA(fast) > `clear`, 0.0 where it is < -`clear`, between them as before.

    MACD is EMA(fast) - EMA(slow) of the closes, its signal line the EMA of that over `signal` bars.
    """
    level = bars.feature("ema", window=fast)
    macd = level - bars.feature("ema", window=slow)
    distance = (macd - bars.feature("macd_signal", window=signal, fast=fast, slow=slow)) / level
    return np.where(distance > clear, 1.0, np.where(distance < -clear, 0.0, np.nan))

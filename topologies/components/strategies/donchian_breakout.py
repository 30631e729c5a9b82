"""Buy a breakout from the Donchian channel, until the price breaks out below a shorter one."""

import numpy as np

from phase_worker.discovery import Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(
    name="donchian_breakout",
    params={"entry": Int(20, 1, 5000, grid=(20, 55, 100)), "exit": Int(10, 1, 5000, grid=(10, 20, 50))},
    constraints=("exit <= entry",),
)
def donchian_breakout(bars: Bars, *, entry: int, exit: int) -> FloatArray:  # noqa: A002 - the job file's word
    """1.0 where the close is above the highs of the `entry` bars before, 0.0 where below the lows of `exit` bars."""
    highest = bars.feature("rolling_high", window=entry)
    lowest = bars.feature("rolling_low", window=exit)
    return np.select([bars.close > highest, bars.close < lowest], [1.0, 0.0], default=np.nan)

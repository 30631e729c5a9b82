"""Long from the first bar on."""

import numpy as np

from phase_worker.discovery import strategy
from topologies.bars import Bars, FloatArray


@strategy(name="buy_and_hold", params={})
def buy_and_hold(bars: Bars) -> FloatArray:
    """1.0 at every bar: what the other strategies have to beat."""
    return np.ones(len(bars))

"""A strategy that knows tomorrow's close, which the tests of look-ahead must notice."""

import numpy as np

from phase_worker.discovery import strategy
from topologies.bars import Bars, FloatArray


@strategy(name="clairvoyant", params={})
def clairvoyant(bars: Bars) -> FloatArray:
    """Long before each rise."""
    return np.where(np.append(bars.close[1:], 0.0) > bars.close, 1.0, 0.0)

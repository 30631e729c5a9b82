"""Exponential smoothing, one step per bar."""

from itertools import accumulate

import numpy as np

from topologies.bars import FloatArray


def smooth(values: FloatArray, weight: float, seed: float) -> FloatArray:
    """`seed`, then each value pulling the level towards it by `weight`; shape (n + 1,).

    A loop, because a closed form in numpy rounds otherwise when later bars are there. A constant stays what it is.
    """
    levels = accumulate(values.tolist(), lambda level, value: level + weight * (value - level), initial=seed)
    return np.fromiter(levels, np.float64, len(values) + 1)

"""The extreme of the values before each bar."""

import numpy as np

from topologies.bars import FloatArray


def trailing_extremes(values: FloatArray, window: int, pick: np.ufunc) -> FloatArray:
    """np.maximum or np.minimum of the `window` values before each one, without itself; shape (n,), from `window` on.

    The extremes of spans of 1, 2, 4 … values make those of `window` values in log2(window) passes.
    """
    found = values[:-1]
    span = 1
    while span < window:
        step = min(span, window - span)
        found = pick(found[:-step], found[step:])
        span += step
    extremes = np.full(len(values), np.nan)
    extremes[window:] = found
    return extremes

"""Wilder's relative strength index of the closes."""

import numpy as np

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray
from topologies.components.features.smoothing import smooth


@feature(name="rsi")
def rsi(bars: Bars, *, window: int) -> FloatArray:
    """100 * gain / (gain + loss), shape (n,), from bar `window` on; 50 where the price has never moved.

    Gain and loss are Wilder's averages (weight 1 / window) of the rises and falls from close to close, which start from
    the means of the first `window` (Wilder, New Concepts in Technical Trading Systems, 1978).
    """
    strength = np.full(len(bars), np.nan)
    if len(bars) > window:
        changes = np.diff(bars.close)
        gain = _wilder(np.maximum(changes, 0.0), window)
        movement = gain + _wilder(np.maximum(-changes, 0.0), window)
        strength[window:] = 100.0 * np.divide(gain, movement, out=np.full(len(gain), 0.5), where=movement > 0.0)
    return strength


def _wilder(changes: FloatArray, window: int) -> FloatArray:
    return smooth(changes[window:], 1.0 / window, float(changes[:window].mean()))

"""Strategies with the flaws of research that cannot be trusted, which `daybreak verify` must find."""

from typing import Any, ClassVar

import numpy as np

from phase_worker.discovery import Int, strategy
from topologies.bars import Bars, FloatArray


@strategy(name="normalised_by_all", params={"window": Int(20, 2, 500, grid=(10, 20))})
def normalised_by_all(bars: Bars, *, window: int) -> FloatArray:
    """Long where momentum is above its mean, but that of the whole sample."""
    momentum = bars.feature("rate_of_change", window=window)
    return np.where(momentum > np.nanmean(momentum), 1.0, 0.0)


@strategy(name="centred_average", params={})
def centred_average(bars: Bars) -> FloatArray:
    """Long below an average of two bars before and two bars after."""
    padded = np.pad(bars.close, 2, mode="edge")
    return np.where(bars.close < np.convolve(padded, np.full(5, 0.2), mode="valid"), 1.0, 0.0)


@strategy(name="seldom_clairvoyant", params={"month": Int(3, 1, 12)})
def seldom_clairvoyant(bars: Bars, *, month: int) -> FloatArray:
    """Flat, but for one bar a year at most: before the rise of more than 2 % in the 1 % of bars that it looks at."""
    rises = np.append(bars.close[1:] / bars.close[:-1] - 1.0, 0.0)
    looked_at = np.arange(len(bars)) % 100 == month
    return np.where(looked_at & (rises > 0.02), 1.0, 0.0)


@strategy(name="filled_backwards", params={})
def filled_backwards(bars: Bars) -> FloatArray:
    """Knows each month's last close from its first bar on, as after filling gaps in the wrong direction."""
    month_end = np.minimum((np.arange(len(bars)) // 21 + 1) * 21, len(bars)) - 1
    return np.where(bars.close[month_end] > bars.close, 1.0, 0.0)


@strategy(name="remembering", params={})
class Remembering:
    """Knows tomorrow's close if it has been asked before: its memory is that of the class."""

    known: ClassVar[dict[int, float]] = {}

    def on_bar(self, bar: Any) -> float:
        self.known[bar.index] = bar.close
        return 1.0 if self.known.get(bar.index + 1, 0.0) > bar.close else 0.0


@strategy(name="honest", params={"window": Int(20, 2, 500, grid=(5, 20))})
class Honest:
    """Long above the mean of the closes so far in its window."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._closes: list[float] = []

    def on_bar(self, bar: Any) -> float:
        self._closes.append(bar.close)
        recent = self._closes[-self._window :]
        return 1.0 if bar.close > sum(recent) / len(recent) else 0.0


@strategy(name="thrown_anew", params={})
def thrown_anew(bars: Bars) -> FloatArray:
    """Decides by chance, and another way each time."""
    return np.random.default_rng().integers(0, 2, len(bars)).astype(np.float64)

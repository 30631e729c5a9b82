"""Strategies, as a user's plugin would bring them, whose intents a test can foresee."""

import numpy as np

from phase_worker.discovery import Choice, Float, Int, strategy
from topologies.bars import Bars, FloatArray

LEVELS = {
    "long_flat": (0.0, 1.0),
    "weights": (0.0, 0.3, 0.5, 1.0),
    "long_short": (-1.0, -0.5, 0.0, 0.5, 1.0),
    "beyond": (-2.0, 0.0, 1.0, 2.0),
}


@strategy(
    name="dice",
    params={
        "seed": Int(0, 0, 10_000),
        "levels": Choice("long_flat", ("long_flat", "weights", "long_short", "beyond")),
    },
)
def dice(bars: Bars, *, seed: int, levels: str) -> FloatArray:
    """A level drawn anew at about every third bar, no opinion at the others; what comes later changes nothing."""
    draws = np.random.default_rng(seed).random((len(bars), 2))
    drawn = np.array(LEVELS[levels])[(draws[:, 1] * len(LEVELS[levels])).astype(int)]
    targets: FloatArray = np.where(draws[:, 0] < 0.35, drawn, np.nan)
    return targets


@strategy(name="stairs", params={"first": Float(0.5, -1.0, 1.0), "then": Float(1.0, -1.0, 1.0), "at": Int(1, 1, 1000)})
def stairs(bars: Bars, *, first: float, then: float, at: int) -> FloatArray:
    """One level from the first bar on, another from bar `at` on."""
    return np.where(np.arange(len(bars)) < at, first, then)

"""Classifiers, as a user's plugin would bring them: one that knows tomorrow's close, and one of two fixed halves."""

import numpy as np

from phase_worker.discovery import Int, classifier
from topologies.bars import Bars, FloatArray


@classifier(name="clairvoyant_regime", regimes=("up", "down"))
def clairvoyant_regime(bars: Bars) -> FloatArray:
    """Up before each rise."""
    return np.where(np.append(bars.close[1:], 0.0) > bars.close, 0.0, 1.0)


@classifier(
    name="halves",
    regimes=("first", "second", "never"),
    params={"at": Int(50, 1, 1000), "known": Int(0, 0, 1000)},
    constraints=("known <= at",),
)
def halves(bars: Bars, *, at: int, known: int) -> FloatArray:
    """The first before bar `at`, the second from there on; unknown before bar `known`."""
    number = np.arange(len(bars))
    return np.where(number < known, np.nan, np.where(number < at, 0.0, 1.0))

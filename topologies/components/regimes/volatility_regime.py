"""Calm or turbulent, by how much prices move now and how much they moved in the longer run."""

import numpy as np

from phase_worker.discovery import Float, Int, classifier
from topologies.bars import Bars, FloatArray


@classifier(
    name="volatility_regime",
    regimes=("calm", "turbulent"),
    params={
        "window": Int(20, 2, 1000),
        "history": Int(250, 3, 10_000),
        "ratio": Float(1.0, 0.05, 20.0),
    },
    constraints=("window < history",),
)
def volatility_regime(bars: Bars, *, window: int, history: int, ratio: float) -> FloatArray:
    """Turbulent where the volatility of the last `window` bars is above `ratio` times that of the last `history`.

    Volatility is the root of the mean squared return from close to close. Unknown until there are `history` returns.
    """
    squares = (bars.close[1:] / bars.close[:-1] - 1.0) ** 2
    regimes = np.full(len(bars), np.nan)
    if len(squares) >= history:
        longer = _trailing_means(squares, history)
        shorter = _trailing_means(squares, window)[-len(longer) :]
        regimes[history:] = shorter > ratio**2 * longer
    return regimes


def _trailing_means(values: FloatArray, window: int) -> FloatArray:
    """The mean of each `window` values in a row, shape (n - window + 1,); sums grow from the first value on."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    means: FloatArray = (sums[window:] - sums[:-window]) / window
    return means

"""The simple moving average of the closes."""

from phase_worker.discovery import feature
from topologies.bars import Bars, FloatArray
from topologies.components.features.exact_means import exact_means


@feature(name="sma")
def sma(bars: Bars, *, window: int) -> FloatArray:
    """The mean of the last `window` closes, shape (n,), from bar window-1 on; ties between windows are exact."""
    return exact_means(bars.close, window)

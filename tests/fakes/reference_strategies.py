"""The strategies of the reference results that Daybreak does not bring along."""

import numpy as np
from numpy.typing import NDArray

from phase_worker.discovery import strategy
from topologies.bars import Bars, FloatArray, IntArray


@strategy(name="peeking_sma", params={})
def peeking_sma(bars: Bars) -> FloatArray:
    """SMA(10) over SMA(30) as they will be at the next bar's close, and so filled at an open before what it knows."""
    above = bars.feature("sma", window=10) > bars.feature("sma", window=30)
    return np.append(above[1:], above[-1]).astype(np.float64)


@strategy(name="monthly_average", params={})
def monthly_average(bars: Bars) -> FloatArray:
    """Faber (2007): at a month's last close, long if it is above the mean of the last ten of these."""
    ends = _month_ends(bars)
    closes = bars.close[ends]
    means = np.convolve(closes, np.full(10, 0.1), "valid")
    return _decided_at(ends[9:], closes[9:] > means, bars)


@strategy(name="monthly_momentum", params={})
def monthly_momentum(bars: Bars) -> FloatArray:
    """At a month's last close, long if it is above that of twelve months before."""
    ends = _month_ends(bars)
    closes = bars.close[ends]
    return _decided_at(ends[12:], closes[12:] > closes[:-12], bars)


def _month_ends(bars: Bars) -> IntArray:
    """Indices of the last bars of months; the last bar of all is not known to be one."""
    months = bars.time_ns.view("M8[ns]").astype("M8[M]")
    ends: IntArray = np.flatnonzero(months[1:] != months[:-1])
    return ends


def _decided_at(ends: IntArray, long: NDArray[np.bool_], bars: Bars) -> FloatArray:
    targets = np.full(len(bars), np.nan)
    targets[ends] = long
    return targets

"""Longer bars made of shorter ones."""

import numpy as np

from phase_worker.contract import DataError
from topologies.bars import IntArray
from topologies.components.data.columns import Columns
from topologies.components.data.local_time import has_clock, offsets_ns

_MINUTE_NS = 60 * 10**9
_DAY_NS = 1440 * _MINUTE_NS
_WITHIN_A_DAY = {"m": _MINUTE_NS, "h": 60 * _MINUTE_NS}
_MONDAY = 3  # 1970-01-01, day 0, was a Thursday: so many days after a Monday


def resample(columns: Columns, length: str, timezone: str | None = None, opens_ns: IntArray | None = None) -> Columns:
    """Bars of `length` (5m, 1h, 1d, 1w, 1mo): first open, highest high, lowest low, last close, sum of the volumes.

    Bars within a day begin at whole multiples of their length after midnight in `timezone` (UTC if None), or after the
    session's open: `opens_ns`, shape (n,), is that of each bar's. A bar has the time at which it begins; one of a day
    or longer, the date of its first day. Where nothing was traded there is none. Raises DataError (E-RESAMPLE) where
    bars are longer already.
    """
    starts_ns = _starts(columns.time_ns, length, timezone, opens_ns)
    first = np.concatenate(([0], np.flatnonzero(np.diff(starts_ns)) + 1))
    if len(columns) > 1 and len(first) == len(columns):
        raise DataError(f"resample: {length} would join no two bars: these are as long, or longer", code="E-RESAMPLE")
    last = np.append(first[1:], len(columns)) - 1
    return Columns(
        time_ns=starts_ns[first],
        open=columns.open[first],
        high=np.maximum.reduceat(columns.high, first),
        low=np.minimum.reduceat(columns.low, first),
        close=columns.close[last],
        volume=np.add.reduceat(columns.volume, first),
        adj_close=None if columns.adj_close is None else columns.adj_close[last],
    )


def _starts(time_ns: IntArray, length: str, timezone: str | None, opens_ns: IntArray | None) -> IntArray:
    """When the longer bar begins that each bar is a part of."""
    local_ns = time_ns + offsets_ns(time_ns, timezone) if timezone and has_clock(time_ns) else time_ns
    days = local_ns // _DAY_NS
    if length.endswith("mo"):
        months: IntArray = days.astype("M8[D]").astype("M8[M]").astype("M8[ns]").view(np.int64)
        return months
    if length == "1w":
        return (days - (days + _MONDAY) % 7) * _DAY_NS
    if length == "1d":
        return days * _DAY_NS
    step_ns = int(length[:-1]) * _WITHIN_A_DAY[length[-1]]
    anchors_ns = days * _DAY_NS - (local_ns - time_ns) if opens_ns is None else opens_ns
    return anchors_ns + (time_ns - anchors_ns) // step_ns * step_ns

"""When a portfolio is rebalanced: the bars that are the first of a calendar period."""

from collections.abc import Callable

import numpy as np

from topologies.bars import IntArray

_DAY_NS = 86_400 * 10**9
_MONDAY = 3  # 1970-01-01, day 0, was a Thursday: so many days after a Monday


def _months(time_ns: IntArray) -> IntArray:
    months: IntArray = time_ns.view("M8[ns]").astype("M8[M]").astype(np.int64)
    return months


_PERIODS: dict[str, Callable[[IntArray], IntArray]] = {
    "weekly": lambda time_ns: (time_ns // _DAY_NS + _MONDAY) // 7,
    "monthly": _months,
    "quarterly": lambda time_ns: _months(time_ns) // 3,
}


def rebalancing_bars(time_ns: IntArray, rebalance: str) -> IntArray:
    """The bars whose calendar period in UTC is not that of the bar before; none where `rebalance` is none."""
    if rebalance == "none":
        return np.array([], dtype=np.int64)
    return np.flatnonzero(np.diff(_PERIODS[rebalance](time_ns))) + 1

"""How often bars come: the number of periods in a year that annualises what is computed per bar."""

import numpy as np

from topologies.bars import IntArray

DAY_NS = 86_400 * 10**9
_SATURDAY = 2  # day 0, 1970-01-01, was a Thursday
_SESSIONS, _CALENDAR_DAYS = 252, 365


def infer_periods_per_year(time_ns: IntArray) -> float:
    """Bars a year: 1, 4, 12 or 52 by the usual step; 252 where it is a day; within days, bars a day times 252.

    Where Saturdays are traded like other days, a year has 365 of them, not 252. `time_ns` is sorted, shape (n,).
    """
    if len(time_ns) < 2:
        return _SESSIONS
    days, counts = count_by_day(time_ns)
    days_a_year = _CALENDAR_DAYS if _saturdays_are_traded(days) else _SESSIONS
    bars_a_day = float(np.median(counts))
    if bars_a_day > 1:
        return bars_a_day * days_a_year
    step_days = float(np.median(np.diff(days)))
    for longest_days, periods in ((4, days_a_year), (20, 52), (60, 12), (200, 4)):
        if step_days <= longest_days:
            return periods
    return 1


def count_by_day(time_ns: IntArray) -> tuple[IntArray, IntArray]:
    """The days that have bars, in days since 1970 UTC, and how many bars each has; `time_ns` is sorted."""
    days = time_ns // DAY_NS
    first_of_day = np.append(0, np.flatnonzero(days[1:] != days[:-1]) + 1)
    return days[first_of_day], np.diff(first_of_day, append=len(days))


def _saturdays_are_traded(days: IntArray) -> bool:
    """Whether they are at least half as frequent as other days."""
    return bool(np.count_nonzero(days % 7 == _SATURDAY) * 14 >= len(days))

"""The sessions of an exchange: which bars are within them, and which sessions have no bar."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phase_worker.contract import ComponentError, DataError
from topologies.bars import IntArray
from topologies.components.data.local_time import has_clock

_DAY_NS = 86_400 * 10**9


class Sessions(NamedTuple):
    """An exchange's sessions, oldest first: their dates, and when they open and close in UTC; all of shape (k,)."""

    day_ns: IntArray
    open_ns: IntArray
    close_ns: IntArray


class Attendance(NamedTuple):
    """`inside`, shape (n,): whether a bar is in a session; `session`, shape (n,): the index of the last that began.

    `missing`: dates, as nanoseconds, of the sessions between the first and the last bar that have none.
    """

    inside: NDArray[np.bool_]
    session: IntArray
    missing: IntArray


def sessions_of(code: str, first_ns: int, last_ns: int) -> Sessions:
    """Those of the exchange `code` (XNYS, XLON, …) on the days from `first_ns` to `last_ns`.

    Raises ComponentError without exchange_calendars; DataError (E-CALENDAR) for an unknown code, or days unknown to it.
    """
    try:
        import exchange_calendars  # noqa: PLC0415 (an optional extra, which takes a second to import)
    except ImportError:
        raise ComponentError("data.calendar needs exchange_calendars: pip install 'daybreak[calendars]'") from None
    start, end = (str(np.datetime64(time_ns // _DAY_NS, "D")) for time_ns in (first_ns - _DAY_NS, last_ns + _DAY_NS))
    try:
        schedule = exchange_calendars.get_calendar(code, start=start, end=end).schedule
    except (exchange_calendars.errors.CalendarError, ValueError) as error:
        raise DataError(f"calendar {code} for {start} to {end}: {error}", code="E-CALENDAR") from None
    return Sessions(_nanoseconds(schedule.index), _nanoseconds(schedule["open"]), _nanoseconds(schedule["close"]))


def attendance(time_ns: IntArray, sessions: Sessions) -> Attendance:
    """Which of the bars, whose times are sorted, are in a session: by their date, or if they have clocks by these."""
    starts_ns = sessions.open_ns if has_clock(time_ns) else sessions.day_ns
    ends_ns = sessions.close_ns if has_clock(time_ns) else sessions.day_ns + 1
    session = np.maximum(np.searchsorted(starts_ns, time_ns, side="right") - 1, 0)
    inside = (starts_ns[session] <= time_ns) & (time_ns < ends_ns[session])
    expected = np.arange(session[0], session[-1] + 1)
    attended = np.zeros(len(starts_ns), np.bool_)
    attended[session[inside]] = True
    return Attendance(inside, session, sessions.day_ns[expected[~attended[expected]]])


def _nanoseconds(times: Any) -> IntArray:
    values: IntArray = times.to_numpy("datetime64[ns]").view(np.int64)
    return values

"""Local times of a zone as UTC, for whole columns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from phase_worker.contract import DataError
from topologies.bars import IntArray, iso_timestamp

_DAY_NS = 86_400 * 10**9
_QUARTER_NS = 900 * 10**9  # since 1972 no zone changes its clock, and none differs from UTC, by less
_QUARTER_S = 900


def has_clock(time_ns: IntArray) -> bool:
    """Whether any of the times is not a midnight: bars of days have dates, which no zone moves."""
    return bool((time_ns % _DAY_NS).any())


def to_utc(local_ns: IntArray, zone: str, place: Callable[[int], str]) -> IntArray:
    """UTC of sorted times that the clocks of `zone` showed, both shape (n,).

    Raises DataError (E-TS-LOCAL) for a time that these clocks showed twice, or never, at the `place` of its index.
    """
    clock = ZoneInfo(zone)

    def offset_ns(quarter: int) -> int:
        wall = datetime.fromtimestamp(quarter * _QUARTER_S, UTC).replace(tzinfo=clock)
        offset = clock.utcoffset(wall)
        if offset != clock.utcoffset(wall.replace(fold=1)):
            shown = iso_timestamp(quarter * _QUARTER_NS).removesuffix("Z")
            raise DataError(
                f"the clocks of {zone} are changed at {shown}: they showed that time twice, or never. Write the times "
                "in UTC, or with an offset.",
                where=place(int(np.argmax(local_ns // _QUARTER_NS == quarter))),
                code="E-TS-LOCAL",
            )
        return _nanoseconds(offset)

    return local_ns - _by_quarter(local_ns, offset_ns)


def offsets_ns(time_ns: IntArray, zone: str) -> IntArray:
    """By how much the clocks of `zone` are ahead of UTC at sorted times in UTC; both shape (n,)."""
    clock = ZoneInfo(zone)
    return _by_quarter(time_ns, lambda quarter: _offset_at(quarter, clock))


def _offset_at(quarter: int, clock: tzinfo) -> int:
    return _nanoseconds(datetime.fromtimestamp(quarter * _QUARTER_S, clock).utcoffset())


def _by_quarter(time_ns: IntArray, value: Callable[[int], int]) -> IntArray:
    """A value for each time, asked for once in each quarter of an hour."""
    quarters = time_ns // _QUARTER_NS
    starts = np.concatenate(([0], np.flatnonzero(np.diff(quarters)) + 1))[: len(quarters)]
    values = np.array([value(quarter) for quarter in quarters[starts].tolist()], np.int64)
    return np.repeat(values, np.diff(starts, append=len(quarters)))


def _nanoseconds(offset: timedelta | None) -> int:
    return 0 if offset is None else int(offset.total_seconds()) * 10**9

"""Selects the records of a trace by what stands at the head of their lines, without parsing them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from phase_worker.contract.errors import DataError
from phase_worker.tracing.trace_reader import Trace

Moment = str | datetime
TimeRange = tuple[Moment | None, Moment | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a record must have to be selected; None selects any.

    `time_range` is (first, last), both included, either of them None for no limit. A time without a zone is UTC, a
    date alone is its midnight. Records without a timestamp are in no range.
    """

    event_type: str | Collection[str] | None = None
    event_id: int | None = None
    source_id: str | None = None
    correlation_id: int | None = None
    time_range: TimeRange | None = None

    def lines(self, trace: Trace) -> Iterator[bytes]:
        """The lines of the selected records, in order."""
        expected = self._expected()
        lines = self._candidates(trace, expected)
        if expected:
            lines = (line for line in lines if _has(trace, line, expected))
        if self.time_range is not None:
            first, last = (None if moment is None else instant(moment) for moment in self.time_range)
            lines = (line for line in lines if _is_between(trace, line, first, last))
        return lines

    def _expected(self) -> dict[str, bytes]:
        fields = {"event_id": self.event_id, "source_id": self.source_id, "correlation_id": self.correlation_id}
        return {name: _json(value) for name, value in fields.items() if value is not None}

    def _candidates(self, trace: Trace, expected: dict[str, bytes]) -> Iterator[bytes]:
        """Lines found by one search over the raw bytes: all that are selected, and maybe more."""
        if self.event_type is not None:
            types = [self.event_type] if isinstance(self.event_type, str) else self.event_type
            anyone = b"|".join(re.escape(_json(event_type)) for event_type in types)
            return trace.lines_matching(re.compile(rb'\n(\{"event_type":(?:%s),[^\n]*)' % anyone))
        if expected:
            name, value = next(iter(expected.items()))
            return trace.lines_containing(b',"%s":%s,' % (name.encode(), value))
        return trace.lines()


def instant(moment: Moment) -> datetime:
    """`moment` with its zone, UTC where it names none; raises DataError where it is not ISO 8601."""
    try:
        time = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise DataError(f"the time {moment!r} is not ISO 8601, such as 2020-01-03T16:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _has(trace: Trace, line: bytes, expected: dict[str, bytes]) -> bool:
    # First the search in the whole line, since it is quick and most lines fail it.
    if not all(value in line for value in expected.values()):
        return False
    head = trace.head(line)
    return all(getattr(head, name) == value for name, value in expected.items())


def _is_between(trace: Trace, line: bytes, first: datetime | None, last: datetime | None) -> bool:
    timestamp = orjson.loads(trace.head(line).timestamp)
    if timestamp is None:
        return False
    time = instant(timestamp)
    return (first is None or first <= time) and (last is None or time <= last)


def _json(value: str | int) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)

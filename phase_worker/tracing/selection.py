"""Selects the records of a trace by their heads, without parsing them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from phase_worker.events.event import Event
from phase_worker.tracing.event_time import Moment, microseconds
from phase_worker.tracing.heads import Kind
from phase_worker.tracing.line_cursor import NO_TIME
from phase_worker.tracing.records import Records
from phase_worker.tracing.trace_reader import Trace

TimeRange = tuple[Moment | None, Moment | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a record must have to be selected; None selects any.

    `time_range` is (first, last), both included, either of them None for no limit. A time without a zone is UTC, a
    date alone is its midnight. Records without a timestamp in ISO 8601 are in no range.
    """

    event_type: str | Collection[str] | None = None
    event_id: int | None = None
    source_id: str | None = None
    correlation_id: int | None = None
    time_range: TimeRange | None = None

    def records(self, trace: Trace) -> Iterator[Records]:
        """The selected records, in order."""
        first, last = (None if moment is None else microseconds(moment) for moment in self.time_range or (None, None))
        kinds = np.fromiter(map(self._fits, trace.kinds), bool)
        for every in trace.records():
            heads = every.heads
            selected = kinds[heads.kinds]
            if self.event_id is not None:
                selected &= heads.event_ids == self.event_id
            if self.correlation_id is not None:
                selected &= heads.correlation_ids == self.correlation_id
            if self.time_range is not None:
                selected &= heads.times != NO_TIME
            if first is not None:
                selected &= heads.times >= first
            if last is not None:
                selected &= heads.times <= last
            rows = np.flatnonzero(selected)
            if len(rows):
                yield Records(every.block, heads, rows)

    def events(self, trace: Trace) -> Iterator[Event]:
        """The selected events, in order."""
        for records in self.records(trace):
            yield from records.events()

    def _fits(self, kind: Kind) -> bool:
        types = (self.event_type,) if isinstance(self.event_type, str) else self.event_type
        return (types is None or kind.event_type in types) and self.source_id in (None, kind.source_id)

"""The paths from signals to fills, found at once and read when they are asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from phase_worker.events.event import Event
from phase_worker.tracing.causality import NO_ROW, signal_to_fill_rows
from phase_worker.tracing.line_cursor import IntArray
from phase_worker.tracing.trace_reader import Trace

_READ_AT_ONCE = 1024


class SignalToFillPaths(Sequence[list[Event]]):
    """For each FILL that a SIGNAL led to, the events from that SIGNAL to the FILL, each caused by the one before."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        found = [(trace, *signal_to_fill_rows(trace)) for trace in traces]
        self._rows = [(trace, rows) for trace, rows, _ in found]
        self._event_ids = [ids for _, _, ids in found]

    @property
    def event_ids(self) -> IntArray:
        """The ids of the events, one line for each path, with -1 in front of what is shorter than the longest."""
        longest = max(ids.shape[1] for ids in self._event_ids)
        pad = [np.pad(ids, ((0, 0), (longest - ids.shape[1], 0)), constant_values=NO_ROW) for ids in self._event_ids]
        return np.concatenate(pad)

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self._rows)

    def __iter__(self) -> Iterator[list[Event]]:
        for trace, rows in self._rows:
            for start in range(0, len(rows), _READ_AT_ONCE):
                yield from _read(trace, rows[start : start + _READ_AT_ONCE])

    @overload
    def __getitem__(self, index: int) -> list[Event]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[Event]]: ...
    def __getitem__(self, index: int | slice) -> list[Event] | list[list[Event]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        for trace, rows in self._rows:
            if place < len(rows):
                return next(_read(trace, rows[place : place + 1]))
            place -= len(rows)
        raise IndexError(index)


def _read(trace: Trace, paths: IntArray) -> Iterator[list[Event]]:
    rows = np.unique(paths[paths != NO_ROW])
    events = dict(zip(rows.tolist(), trace.events_at(rows), strict=True))
    for path in paths.tolist():
        yield [events[row] for row in path if row != NO_ROW]

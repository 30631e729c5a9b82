"""Follows causes and effects among the events of one trace."""

from collections.abc import Iterable, Sequence

import numpy as np

from phase_worker.events.event import Event
from phase_worker.tracing.heads import Int32Array, Kind
from phase_worker.tracing.line_cursor import BoolArray, IntArray
from phase_worker.tracing.trace_reader import Trace

NO_ROW = -1


def chain_of(event_id: int, events: Sequence[Event]) -> list[Event]:
    """The event, what caused it and what it caused, out of `events` in the order of their ids."""
    by_id = {event.event_id: event for event in events}
    members = {event_id}
    cause = by_id[event_id].causation_id
    while cause in by_id:
        members.add(cause)
        cause = by_id[cause].causation_id
    effects = {event_id}
    for event in events:
        if event.causation_id in effects:
            effects.add(event.event_id)
    return [event for event in events if event.event_id in members | effects]


def signal_to_fill_rows(trace: Trace) -> tuple[IntArray, Int32Array]:
    """For each FILL with a path, one line with the rows of its records, and one with their event ids.

    A path leads from the SIGNAL nearest to the FILL, through every event between, to the FILL; shorter paths have
    NO_ROW in front. A FILL is never passed through: an exit that an entry's fill caused is not the signal's fill.
    """
    kinds, ids, causes = _columns(trace)
    is_signal, is_fill = (_of_type(event_type, trace.kinds)[kinds] for event_type in ("SIGNAL", "FILL"))
    steps = [np.flatnonzero(is_fill)]
    open_ends = np.ones(len(steps[0]), bool)
    has_path = np.zeros(len(steps[0]), bool)
    while open_ends.any():
        rows = np.full(len(open_ends), NO_ROW)
        rows[open_ends] = _rows_of_causes(steps[-1][open_ends], ids, causes)
        rows[is_fill[rows]] = NO_ROW
        steps.append(rows)
        open_ends &= rows != NO_ROW
        has_path |= open_ends & is_signal[rows]
        open_ends &= ~is_signal[rows]
    paths = np.stack(steps[::-1], axis=1)[has_path]
    return paths, np.where(paths == NO_ROW, NO_ROW, ids[paths])


def _columns(trace: Trace) -> Int32Array:
    """Kind, event id and causation id of every record."""
    columns = np.empty((3, trace.rows), np.int32)
    for records in trace.records():
        records.require_readable()
        first_row = records.block.first_row
        columns[:, first_row : first_row + records.block.rows] = records.heads.table[2:5]
    return columns


def _of_type(event_type: str, kinds: Iterable[Kind]) -> BoolArray:
    return np.array([kind.event_type == event_type for kind in kinds])


def _rows_of_causes(rows: IntArray, ids: Int32Array, causes: Int32Array) -> IntArray:
    """NO_ROW where an event has no cause, or none that the trace has."""
    found = np.searchsorted(ids, causes[rows])
    is_cause = (found < rows) & (ids[np.minimum(found, rows)] == causes[rows])
    return np.where(is_cause, found, NO_ROW)

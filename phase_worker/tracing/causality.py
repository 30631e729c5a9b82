"""Follows causes and effects among the events of one trace."""

from collections.abc import Iterator, Sequence

from phase_worker.events.event import Event
from phase_worker.tracing.trace_reader import Trace, lines_of


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


def signal_to_fill_paths(trace: Trace) -> Iterator[list[bytes]]:
    """The path of each FILL: the records from the SIGNAL nearest to it, through every event between, to the FILL.

    A FILL ends its path and is followed no further: an exit that an entry's fill caused is not the signal's fill.
    Keeps the records that follow from signals in memory.
    """
    followed: dict[bytes, tuple[bytes, bytes | None]] = {}  # event_id -> its line, and the cause unless a SIGNAL
    for block in trace.blocks():
        for line, head in zip(lines_of(block), trace.heads(block), strict=True):
            event_type, event_id, _, _, cause, _ = head
            if event_type == b'"FILL"':
                if cause in followed:
                    yield _path_to(line, cause, followed)
            elif event_type == b'"SIGNAL"':
                followed[event_id] = line, None
            elif cause in followed:
                followed[event_id] = line, cause


def _path_to(fill: bytes, cause: bytes | None, followed: dict[bytes, tuple[bytes, bytes | None]]) -> list[bytes]:
    path = [fill]
    while cause is not None:
        line, cause = followed[cause]
        path.append(line)
    return path[::-1]

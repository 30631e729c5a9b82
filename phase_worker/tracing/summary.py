"""Counts what is in traces, and says where they come from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from phase_worker.tracing.event_time import instant
from phase_worker.tracing.heads import Kind
from phase_worker.tracing.line_cursor import NO_TIME
from phase_worker.tracing.trace_reader import Trace


def summarise(traces: Iterable[Trace]) -> dict[str, Any]:
    """`{events, event_types, sources, first_timestamp, last_timestamp, traces}`.

    `event_types` and `sources` give the number of events of each, the most frequent first. `traces` has, for each,
    `{trace, events, topology, request_digest, seal}`; `seal` is None where there is no valid one.
    """
    types, sources = Counter[str | None](), Counter[str | None]()
    timestamps: list[str] = []
    described = []
    for trace in traces:
        counts, outermost = _survey(trace)
        for kind, count in counts.items():
            types[kind.event_type] += count
            sources[kind.source_id] += count
        timestamps += [event.timestamp for event in trace.events_at(outermost) if event.timestamp]
        described.append(_describe(trace, sum(counts.values())))
    return {
        "events": types.total(),
        "event_types": _ranked(types),
        "sources": _ranked(sources),
        "first_timestamp": min(timestamps, key=instant, default=None),
        "last_timestamp": max(timestamps, key=instant, default=None),
        "traces": described,
    }


def _survey(trace: Trace) -> tuple[dict[Kind, int], list[int]]:
    """How many records of each kind there are, and the rows of the earliest and the latest."""
    counts = np.zeros(len(trace.kinds), np.int64)
    outermost: list[tuple[int, int]] = []
    for records in trace.records():
        records.require_readable()
        counts += np.bincount(records.heads.kinds, minlength=len(counts))
        times = records.heads.times
        timed = np.flatnonzero(times != NO_TIME)
        if len(timed):
            rows = (timed[times[timed].argmin()], timed[times[timed].argmax()])
            outermost += [(int(times[row]), records.block.first_row + int(row)) for row in rows]
            outermost = [min(outermost), max(outermost)]
    found = {kind: count for kind, count in zip(trace.kinds, counts.tolist(), strict=True) if count}
    return found, sorted({row for _, row in outermost})


def _describe(trace: Trace, events: int) -> dict[str, Any]:
    opening = {event.event_type: event.payload for event in trace.events_at([0] if events else [])}
    request = opening.get("TRACE_OPEN", {})
    return {
        "trace": trace.name,
        "events": events,
        "topology": request.get("topology"),
        "request_digest": request.get("request_digest"),
        "seal": asdict(trace.seal) if trace.seal else None,
    }


def _ranked(counts: Counter[str | None]) -> dict[str | None, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))

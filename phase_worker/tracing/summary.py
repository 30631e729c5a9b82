"""Counts what is in traces, and says where they come from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

import orjson

from phase_worker.tracing.selection import instant
from phase_worker.tracing.trace_reader import Trace


def summarise(traces: Iterable[Trace]) -> dict[str, Any]:
    """`{events, event_types, sources, first_timestamp, last_timestamp, traces}`.

    `event_types` and `sources` give the number of events of each, the most frequent first. `traces` has, for each,
    `{trace, events, topology, request_digest, seal}`; `seal` is None where there is no valid one.
    """
    types, sources = Counter[bytes](), Counter[bytes]()
    bounds: list[str] = []
    described = []
    for trace in traces:
        events = 0
        for block in trace.blocks():
            heads = trace.heads(block)
            events += len(heads)
            block_types, _, timestamps, block_sources, _, _ = zip(*heads, strict=True)
            types.update(block_types)
            sources.update(block_sources)
            bounds = _earliest_and_latest([*bounds, *map(orjson.loads, {*timestamps} - {b"null"})])
        described.append(_describe(trace, events))
    return {
        "events": types.total(),
        "event_types": _ranked(types),
        "sources": _ranked(sources),
        "first_timestamp": bounds[0] if bounds else None,
        "last_timestamp": bounds[-1] if bounds else None,
        "traces": described,
    }


def _earliest_and_latest(timestamps: list[str]) -> list[str]:
    return [min(timestamps, key=instant), max(timestamps, key=instant)] if timestamps else []


def _describe(trace: Trace, events: int) -> dict[str, Any]:
    opening = {event.event_type: event.payload for event in map(trace.decode, islice(trace.lines(), 1))}
    request = opening.get("TRACE_OPEN", {})
    return {
        "trace": trace.name,
        "events": events,
        "topology": request.get("topology"),
        "request_digest": request.get("request_digest"),
        "seal": asdict(trace.seal) if trace.seal else None,
    }


def _ranked(counts: Counter[bytes]) -> dict[str, int]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {orjson.loads(name): count for name, count in ranked}

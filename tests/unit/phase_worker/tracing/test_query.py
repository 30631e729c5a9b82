"""TraceQuery: its sources, and what it says of several traces."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer

MakeTrace = Callable[..., Path]


def types(events: list[Event]) -> list[str]:
    return [event.event_type for event in events]


def signal_only(bus: EventBus) -> None:
    bus.publish(Event("SIGNAL", "2020-01-03T00:00:00Z", "strategy"))


def test_a_file_and_a_tracer_in_memory_give_the_same_events(make_trace: MakeTrace, record_in_memory: Any) -> None:
    from_file, from_memory = TraceQuery(make_trace()), TraceQuery(record_in_memory())
    assert list(from_file.events) == list(from_memory.events)
    assert types(list(from_file.events))[:3] == ["TRACE_OPEN", "SIGNAL", "RISK_DECISION"]


def test_events_can_be_gone_through_again_and_counted(make_trace: MakeTrace, record_in_memory: Any) -> None:
    for query in (TraceQuery(make_trace()), TraceQuery(record_in_memory())):
        events = query.events
        assert len(events) == len(list(events)) == len(list(events)) == 16


def test_events_in_memory_are_what_a_file_would_give(record_in_memory: Any) -> None:
    tracer = record_in_memory(lambda bus: bus.publish(Event("X", None, "test", {"pair": (1, 2)})))
    assert [event.payload for event in TraceQuery(tracer).events] == [{"pair": [1, 2]}]


def test_iterating_holds_a_block_at_a_time(make_trace: MakeTrace) -> None:
    def publish(bus: EventBus) -> None:
        for number in range(50_000):
            bus.publish(Event("NOTE", None, "test", {"number": number, "text": "x" * 400}))

    query = TraceQuery(make_trace(publish))
    tracemalloc.start()
    try:
        assert sum(event.payload["number"] for event in query.iter_events("NOTE")) == sum(range(50_000))
        assert query.get_summary()["events"] == 50_000
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 7_000_000  # of a trace of 27 MB


def test_several_traces_are_read_one_after_the_other(make_trace: MakeTrace) -> None:
    paths = [make_trace(name="a"), make_trace(signal_only, name="b")]
    query = TraceQuery(paths)
    assert len(query.events) == 17
    assert types(query.filter_events("SIGNAL")) == ["SIGNAL"] * 4
    assert len(query.get_signal_to_fill_paths()) == 2
    assert [each["trace"] for each in query.get_summary()["traces"]] == [str(path) for path in paths]
    assert query.get_summary()["event_types"]["SIGNAL"] == 4


def test_no_traces_is_an_error() -> None:
    with pytest.raises(ConfigError, match="list of traces is empty"):
        TraceQuery([])


def test_a_tracer_that_wrote_to_a_file_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial.jsonl")
    tracer.record(Event("X", None, "test"))
    tracer.close()
    with pytest.raises(ConfigError, match="this tracer writes to a file"):
        TraceQuery(tracer)


def test_paths_may_be_strings(make_trace: MakeTrace) -> None:
    path = str(make_trace())
    assert len(TraceQuery(path).events) == 16
    assert repr(TraceQuery(path)) == f"TraceQuery({path})"

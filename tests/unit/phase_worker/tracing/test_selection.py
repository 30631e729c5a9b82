"""Selecting events: exactly those that comparing every event would find, without parsing the others."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import DataError, InputTraceError
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer

MakeTrace = Callable[..., Path]


# Words that would lead a search over raw bytes astray, were it not exact.
WORDS = st.sampled_from(
    ["FILL", "ORDER", "FIL", "L", "", 'F"ILL', "F\\ILL", "F\nILL", "é💶", '","event_id":1,', "FILL|ORDER", "null"]
)
RECORD_IN_A_PAYLOAD = {"event_type": "FILL", "event_id": 1, "source_id": "FILL", "causation_id": 1, "correlation_id": 1}
EVENTS = st.builds(
    Event,
    event_type=WORDS,
    timestamp=st.sampled_from([None, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.500000Z", "2020-01-02T00:00:00Z"]),
    source_id=WORDS,
    payload=st.dictionaries(WORDS, WORDS | st.just([RECORD_IN_A_PAYLOAD]) | st.just(RECORD_IN_A_PAYLOAD), max_size=2),
    correlation_id=st.sampled_from([0, 1, 11]),
)


def in_memory(events: list[Event]) -> UnifiedTracer:
    tracer = UnifiedTracer("in-memory")
    for event_id, event in enumerate(events):
        event.event_id = event_id
        tracer.record(event)
    return tracer


def types(events: list[Event]) -> list[str]:
    return [event.event_type for event in events]


def ids(events: list[Event]) -> list[int]:
    return [event.event_id for event in events]


@given(events=st.lists(EVENTS, max_size=12), kind=WORDS, source=WORDS, correlation=st.sampled_from([0, 1, 11, 2]))
def test_filtering_finds_exactly_what_comparing_every_event_finds(
    events: list[Event], kind: str, source: str, correlation: int
) -> None:
    query = TraceQuery(in_memory(events))
    everything = list(query.events)
    assert query.filter_events(event_type=kind) == [e for e in everything if e.event_type == kind]
    assert query.filter_events({kind, "L"}) == [e for e in everything if e.event_type in {kind, "L"}]
    assert query.filter_events(source_id=source) == [e for e in everything if e.source_id == source]
    assert query.filter_events(correlation_id=correlation) == [e for e in everything if e.correlation_id == correlation]
    assert query.filter_events(kind, source, correlation) == [
        e for e in everything if (e.event_type, e.source_id, e.correlation_id) == (kind, source, correlation)
    ]


def test_asking_for_no_type_at_all_gives_nothing(make_trace: MakeTrace) -> None:
    assert TraceQuery(make_trace()).filter_events(event_type=[]) == []


@pytest.mark.parametrize(
    ("time_range", "expected"),
    [
        (("2020-01-02", "2020-01-03T00:00:00Z"), ["SIGNAL", "FILL"]),
        (("2020-01-02T00:00:01", None), ["FILL", "SIGNAL", "FILL", "SIGNAL"]),
        ((None, datetime(2020, 1, 2, 1, tzinfo=UTC)), ["SIGNAL"]),
        ((datetime(2020, 1, 6, tzinfo=UTC), "2020-01-06T02:00:00+02:00"), ["FILL"]),
        (("2020-01-05", "2020-01-04"), []),
        ((None, None), ["SIGNAL", "FILL", "SIGNAL", "FILL", "SIGNAL"]),
    ],
)
def test_a_time_range_includes_both_its_ends(make_trace: MakeTrace, time_range: Any, expected: list[str]) -> None:
    found = TraceQuery(make_trace()).filter_events(event_type=("SIGNAL", "FILL"), time_range=time_range)
    assert types(found) == expected


def test_a_time_without_a_zone_is_utc_wherever_the_machine_is(
    make_trace: MakeTrace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as environment:
        environment.setenv("TZ", "America/New_York")
        time.tzset()
        found = TraceQuery(make_trace()).filter_events("FILL", time_range=("2020-01-03", "2020-01-03"))
    time.tzset()
    assert len(found) == 1


def test_fractions_of_seconds_are_compared_as_times() -> None:
    stamps = ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.500000Z", "2020-01-01T00:00:01Z"]
    query = TraceQuery(in_memory([Event("X", stamp, "test") for stamp in stamps]))
    assert ids(query.filter_events(time_range=("2020-01-01T00:00:00.1", "2020-01-01T00:00:00.9"))) == [1]
    assert query.get_summary()["first_timestamp"] == stamps[0]


def test_an_event_without_a_time_is_in_no_range(make_trace: MakeTrace) -> None:
    assert TraceQuery(make_trace()).filter_events("TRACE_OPEN", time_range=(None, None)) == []


def test_a_time_that_is_not_iso_8601_is_named(make_trace: MakeTrace) -> None:
    with pytest.raises(DataError, match="'last week' is not ISO 8601"):
        TraceQuery(make_trace()).filter_events(time_range=("last week", None))


def test_selecting_a_type_does_not_parse_other_records(make_trace: MakeTrace, tmp_path: Path) -> None:
    lines = make_trace().read_bytes().splitlines(keepends=True)
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(b"".join([*lines[:3], b'{"event_type":"ORDER",not JSON\n', *lines[3:]]))
    query = TraceQuery(damaged, allow_partial=True)
    assert len(query.filter_events("FILL")) == 2
    with pytest.raises(InputTraceError, match=f"line at byte {sum(map(len, lines[:3]))} is not a record"):
        list(query.events)
    with pytest.raises(InputTraceError, match="is not a record"):
        query.get_summary()

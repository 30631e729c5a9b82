"""Scanning: the heads that are found in text are those of the events that were written."""

import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phase_worker.events.event import Event
from phase_worker.tracing.encoding import make_encoder
from phase_worker.tracing.event_time import microseconds
from phase_worker.tracing.heads import UNREADABLE, Kind, Kinds, scan
from phase_worker.tracing.line_cursor import NO_INTEGER, NO_TIME

IDS = st.integers(0, 10**9 - 1) | st.sampled_from([0, 9, 10, 99_999_999, 100_000_000, 999_999_999])
NAMES = st.text(max_size=70) | st.sampled_from(["FILL", "EIGHTLNG", "x" * 16, "x" * 63, "x" * 64, 'a"b', "a\\", ""])
INSTANTS = st.integers(-30_000_000_000, 200_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
TIMES = INSTANTS.map(lambda time: f"{time:%Y-%m-%dT%H:%M:%S}Z")
FINE_TIMES = st.builds(lambda time, micros: f"{time:%Y-%m-%dT%H:%M:%S}.{micros:06}Z", INSTANTS, st.integers(0, 999_999))
OTHER_TIMES = st.sampled_from(["2020-01-03", "2020-01-03T00:00:00+02:00", "2020-01-03T00:00:00.5Z", "2020-01-03T00:00"])
EVENTS = st.builds(
    Event,
    event_type=NAMES,
    timestamp=st.none() | TIMES | FINE_TIMES | OTHER_TIMES,
    source_id=NAMES,
    payload=st.dictionaries(NAMES, NAMES | st.integers(0, 9), max_size=2),
    event_id=IDS,
    causation_id=st.none() | IDS,
    correlation_id=st.none() | IDS,
)


def written(*events: Event) -> bytes:
    return b"".join(map(make_encoder(), events))


def ordinary(number: int) -> Event:
    return Event("FILL", "2020-01-03T16:00:00Z", "broker", {"price": 1.5}, number, number - 1, 0)


@given(st.lists(EVENTS, max_size=20))
@example([Event("A" * 8, None, "B" * 8, {}, 0), Event("A" * 8 + "B" * 8, None, "", {}, 1)])
def test_the_heads_are_those_of_the_events(events: list[Event]) -> None:
    text = written(*events)
    kinds = Kinds()
    heads = scan(text, kinds)
    known = list(kinds)
    assert [known[number] for number in heads.kinds] == [Kind(event.event_type, event.source_id) for event in events]
    assert heads.event_ids.tolist() == [event.event_id for event in events]
    for ids, name in ((heads.causation_ids, "causation_id"), (heads.correlation_ids, "correlation_id")):
        assert ids.tolist() == [NO_INTEGER if getattr(e, name) is None else getattr(e, name) for e in events]
    assert heads.times.tolist() == [NO_TIME if e.timestamp is None else microseconds(e.timestamp) for e in events]
    lines = text.splitlines(keepends=True)
    for line, start, payload, event in zip(lines, heads.starts, heads.payloads, events, strict=True):
        assert text[start : start + len(line)] == line
        assert orjson.loads(text[payload : start + len(line) - len("}\n")]) == event.payload


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\0" * 40,
        b"{}",
        b'{"event_type":"FILL"}',
        b'{"event_type":"FILL","event_id":null,"timestamp":null,"source_id":"x","causation_id":1,"correlation_id":0,"payload":{}}',
        b'{"event_type":"FILL","event_id":1,"timestamp":nil,"source_id":"x","causation_id":1,"correlation_id":0,"payload":{}}',
        b'{"event_type":"FILL","event_id":1,"timestamp":null,"source_id":"x","causation_id":true,"correlation_id":0,"payload":{}}',
        b'{"event_type":"FILL","event_id":1000000000,"timestamp":null,"source_id":"x","causation_id":1,"correlation_id":0,"payload":{}}',
        b'{"event_type":"\xff","event_id":1,"timestamp":null,"source_id":"x","causation_id":1,"correlation_id":0,"payload":{}}',
        b'{"event_type":"FILL","event_id":1,"timestamp":null,"source_id":"x","causation_id":1,"correlation_id":0,"pay',
    ],
)
def test_a_line_that_is_no_record_is_unreadable_and_harms_no_other(damaged: bytes) -> None:
    before, behind = written(ordinary(1)), written(ordinary(2))
    for text in (before + damaged + b"\n" + behind, before + damaged + b"\n", damaged + b"\n" + behind):
        kinds = Kinds()
        heads = scan(text, kinds)
        expected = [
            Kind("FILL", "broker") if line + b"\n" in (before, behind) else UNREADABLE
            for line in text.split(b"\n")[:-1]
        ]
        assert [list(kinds)[number] for number in heads.kinds] == expected
        assert {1, 2, NO_INTEGER}.issuperset(heads.event_ids.tolist())


@pytest.mark.parametrize(
    "time",
    [
        "2020-01-03T16:00:00+0",
        "2020-01-03 16:00:00Z",
        "2020/01/03T16:00:00Z",
        "202O-01-03T16:00:00Z",
        "0000-00-00T00:00:00Z",
        "2020-01-03T16:00:00.12a456Z",
        "",
    ],
)
def test_what_is_not_a_time_is_none(time: str) -> None:
    event = ordinary(1)
    event.timestamp = time
    (found,) = scan(written(event), Kinds()).times.tolist()
    assert found == (microseconds(time) if time == "2020-01-03 16:00:00Z" else NO_TIME)


def test_kinds_keep_their_numbers_from_text_to_text() -> None:
    kinds = Kinds()
    first = scan(written(Event("A", None, "s"), Event("B", None, "s")), kinds)
    second = scan(written(Event("C", None, "s"), Event("B", None, "s"), Event("A", None, "t")), kinds)
    known = list(kinds)
    assert [known[n].event_type for n in (*first.kinds, *second.kinds)] == ["A", "B", "C", "B", "A"]
    assert len(known) == len(set(known)) == 5


def test_ordinary_records_cost_no_call_each() -> None:
    def calls(records: int) -> int:
        text, kinds = written(*map(ordinary, range(100, 100 + records))), Kinds()
        scan(text, kinds)
        count = 0

        def count_call(*_: Any) -> None:
            nonlocal count
            count += 1

        sys.setprofile(count_call)
        try:
            scan(text, kinds)
        finally:
            sys.setprofile(None)
        return count

    assert calls(800) == calls(400)

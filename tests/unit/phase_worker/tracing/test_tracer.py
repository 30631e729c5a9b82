"""The tracer: one line per event, the levels, and the seal that publishes the trace at most once."""

import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.seal import verify_trace
from phase_worker.events.event import Event
from phase_worker.tracing.encoding import encode_in_parts, has_columns, make_encoder
from phase_worker.tracing.tracer import TRACE_LEVELS, UnifiedTracer

encode = make_encoder()
IDS = st.integers(0, 2**53)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.text() | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.builds(
        Event,
        event_type=st.text(),
        timestamp=st.none() | st.text(),
        source_id=st.text(),
        payload=st.dictionaries(st.text(), JSON),
        event_id=IDS,
        causation_id=st.none() | IDS,
        correlation_id=st.none() | IDS,
    )
)
def test_an_event_is_one_line_that_reads_back_as_itself(event: Event) -> None:
    line = encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert Event(**orjson.loads(line)) == event


def test_a_record_looks_as_the_design_says() -> None:
    event = Event("FILL", "2020-01-03T00:00:00Z", "broker", {"price": 1.5}, 12, 11, 9)
    assert encode(event) == (
        b'{"event_type":"FILL","event_id":12,"timestamp":"2020-01-03T00:00:00Z","source_id":"broker",'
        b'"causation_id":11,"correlation_id":9,"payload":{"price":1.5}}\n'
    )


def test_arrays_and_times_are_written_as_lists_and_utc() -> None:
    payload = {"equity": np.array([1.5, 2.0]), "n": np.int64(3), "time": np.array(["2020-01-03"], dtype="M8[s]")}
    assert orjson.loads(encode(Event("X", None, "test", payload)))["payload"] == {
        "equity": [1.5, 2.0],
        "n": 3,
        "time": ["2020-01-03T00:00:00Z"],
    }


PARTS = {
    "symbol": "SPY",
    "none": [],
    "time": np.arange(0, 50_000_000, 1000).view("M8[us]"),
    "table": np.ones((20_000, 2)),
    "nan": np.full(40_000, np.nan),
    "words": ["\u2028\n"] * 40_000,
    "more": {"nested": [1, None]},
}


def test_a_record_in_parts_has_the_bytes_of_one_written_whole() -> None:
    event = Event("CURVE", None, "test", PARTS, 7)
    parts = list(encode_in_parts(event))
    assert b"".join(parts) == encode(event)
    assert max(map(len, parts)) < len(encode(event)) / 4
    assert b"".join(encode_in_parts(replace(event, payload={}))) == encode(replace(event, payload={}))


@pytest.mark.parametrize("column", [np.zeros(20_000), [0] * 20_000])
def test_only_what_has_long_columns_is_written_in_parts(column: object, tmp_path: Path) -> None:
    assert has_columns(Event("CURVE", None, "test", {"x": 1, "column": column}))
    assert not has_columns(Event("CURVE", None, "test", {"x": 1, "column": [1.0], "one": np.array(1.0)}))
    events = [Event("X", None, "test", {}), Event("CURVE", None, "test", {"column": column}), Event("X", None, "test")]
    tracer = UnifiedTracer(path=tmp_path / "partial")
    for event in events:
        tracer.record(event)
    seal = tracer.seal(tmp_path / "trace.jsonl")
    assert verify_trace(tmp_path / "trace.jsonl") == seal
    assert (tmp_path / "trace.jsonl").read_bytes() == b"".join(map(encode, events)) + seal.to_line()


def test_nothing_follows_half_of_a_record(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial")
    with pytest.raises(TypeError, match="not JSON serializable"):
        tracer.record(Event("CURVE", None, "test", {"column": [0] * 20_000, "what": object()}))
    with pytest.raises(RuntimeError, match="closed"):
        tracer.record(Event("X", None, "test"))
    with pytest.raises(OSError, match="Bad file descriptor"):
        tracer.seal(tmp_path / "trace.jsonl")


def test_columns_are_written_without_more_memory_than_a_part_takes(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial")
    tracer.record(Event("CURVE", None, "test", {"column": np.zeros(20_000)}))  # what is loaded once
    event = Event("CURVE", None, "test", {"time": np.arange(2_000_000).view("M8[s]")})
    tracemalloc.start()
    tracer.record(event)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2_000_000
    assert tracer.seal(tmp_path / "trace.jsonl").size_bytes > 40_000_000


def test_a_payload_that_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode(Event("X", None, "test", {"what": object()}))


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("full", ["TRACE_OPEN", "SIGNAL", "FILL", "PORTFOLIO_METRICS", "MY_OWN"]),
        ("trades", ["TRACE_OPEN", "FILL", "PORTFOLIO_METRICS"]),
        ("metrics", ["TRACE_OPEN", "PORTFOLIO_METRICS"]),
    ],
)
def test_a_level_keeps_its_event_types(level: str, kept: list[str]) -> None:
    tracer = UnifiedTracer(level=level)
    for event_type in ("TRACE_OPEN", "SIGNAL", "FILL", "PORTFOLIO_METRICS", "MY_OWN"):
        tracer.record(Event(event_type, None, "test"))
    assert [event.event_type for event in tracer.events] == kept
    assert tracer.recorded == len(kept)


def test_there_are_three_levels() -> None:
    assert list(TRACE_LEVELS) == ["full", "trades", "metrics"]


def test_a_disabled_tracer_records_nothing() -> None:
    tracer = UnifiedTracer("off", enable_event_tracing=False)
    tracer.record(Event("FILL", None, "broker"))
    assert (tracer.events, tracer.recorded) == ([], 0)


def test_sealing_publishes_what_was_recorded_under_its_final_name(tmp_path: Path) -> None:
    partial, final = tmp_path / "run" / "train.1.partial.jsonl", tmp_path / "run_train.jsonl"
    tracer = UnifiedTracer(path=partial)
    events = [Event("X", None, "test", {"n": n}, n) for n in range(3)]
    for event in events:
        tracer.record(event)
    assert not final.exists()
    seal = tracer.seal(final)
    recorded = b"".join(map(encode, events))
    assert final.read_bytes() == recorded + seal.to_line()
    assert (seal.events, seal.size_bytes, seal.sha256) == (3, len(recorded), hashlib.sha256(recorded).hexdigest())
    assert verify_trace(final) == seal
    assert list(tmp_path.rglob("*.jsonl")) == [final]


def test_what_a_killed_attempt_left_is_no_part_of_the_next_trace(tmp_path: Path) -> None:
    partial, final = tmp_path / "train.1.partial.jsonl", tmp_path / "run_train.jsonl"
    partial.write_bytes(encode(Event("X", None, "test", {"attempt": "killed"}, 0)) * 3)
    tracer = UnifiedTracer(path=partial)
    event = Event("X", None, "test", {}, 0)
    tracer.record(event)
    seal = tracer.seal(final)
    assert final.read_bytes() == encode(event) + seal.to_line()


def test_a_trace_larger_than_the_buffer_is_sealed_whole(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial")
    for number in range(30):
        tracer.record(Event("X", None, "test", {"text": "x" * 100_000}, number))
    seal = tracer.seal(tmp_path / "trace.jsonl")
    assert seal.events == 30
    assert seal.size_bytes > 3_000_000
    assert verify_trace(tmp_path / "trace.jsonl") == seal


def test_a_published_trace_is_never_replaced(tmp_path: Path) -> None:
    final = tmp_path / "trace.jsonl"
    UnifiedTracer(path=tmp_path / "first").seal(final)
    before = final.read_bytes()
    second = UnifiedTracer(path=tmp_path / "second")
    second.record(Event("X", None, "test"))
    with pytest.raises(FileExistsError):
        second.seal(final)
    assert final.read_bytes() == before


def test_an_unsealed_trace_keeps_its_lines_for_forensics_and_is_refused(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial.jsonl")
    event = Event("X", None, "test")
    tracer.record(event)
    tracer.close()
    assert (tmp_path / "partial.jsonl").read_bytes() == encode(event)
    with pytest.raises(InputTraceError, match="not sealed"):
        verify_trace(tmp_path / "partial.jsonl")


def test_a_trace_in_memory_cannot_be_sealed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="give UnifiedTracer a path"):
        UnifiedTracer().seal(tmp_path / "trace.jsonl")


def test_recording_into_a_closed_file_is_an_error(tmp_path: Path) -> None:
    tracer = UnifiedTracer(path=tmp_path / "partial.jsonl")
    tracer.close()
    with pytest.raises(RuntimeError, match="closed"):
        tracer.record(Event("X", None, "test"))

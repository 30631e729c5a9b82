"""Reading the records of a trace: only whole and unchanged traces, and what is left of others for forensics."""

from collections.abc import Callable
from pathlib import Path

import pytest

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.seal import SEAL_PREFIX
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.trace_reader import open_trace

MakeTrace = Callable[..., Path]


def publish_three(bus: EventBus) -> None:
    bus.publish(Event("TRACE_OPEN", None, "phase_worker", {"request_digest": "ab" * 32}))
    bus.publish(Event("NOTE", "2020-01-01T00:00:00Z", "test", {"text": 'new\nline, "quote" and é'}))
    bus.publish(Event("NOTE", "2020-01-02T00:00:00Z", "test", {"seal": SEAL_PREFIX.decode()}))


def records(path: Path, *, allow_partial: bool = False) -> list[bytes]:
    trace = open_trace(path, allow_partial=allow_partial)
    return [line for records in trace.records() for line in records.lines()]


def test_the_records_of_a_sealed_trace_are_all_lines_before_the_seal(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    assert records(path) == path.read_bytes().splitlines()[:-1]
    assert open_trace(path).rows == 3


def test_a_trace_cut_off_at_any_byte_is_refused_and_its_complete_lines_can_be_read(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    content = path.read_bytes()
    lines = content.splitlines()[:-1]
    ends = [sum(len(line) + 1 for line in lines[: n + 1]) for n in range(len(lines))]
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(InputTraceError):
            open_trace(path)
        complete = [line for line, end in zip(lines, ends, strict=True) if end <= size]
        assert records(path, allow_partial=True) == complete
        assert open_trace(path, allow_partial=True).rows == len(complete)


def test_a_trace_with_any_byte_changed_is_refused(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    content = bytearray(path.read_bytes())
    for position in range(len(content)):
        content[position] ^= 1
        path.write_bytes(content)
        with pytest.raises(InputTraceError):
            TraceQuery(path)
        content[position] ^= 1


def test_of_a_compressed_trace_that_is_cut_off_the_lines_of_whole_frames_are_left(make_trace: MakeTrace) -> None:
    def publish(bus: EventBus) -> None:
        for number in range(5):
            bus.publish(Event("NOTE", None, "test", {"number": number, "text": "x" * 700_000}))

    path = make_trace(publish, compressed=True)
    whole = records(path)
    assert whole == records(make_trace(publish, name="plain"))
    path.write_bytes(path.read_bytes()[:-200])  # what is left of the seal's frame says nothing
    assert records(path, allow_partial=True) == whole
    path.write_bytes(path.read_bytes()[:300])
    assert records(path, allow_partial=True) == whole[: len(records(path, allow_partial=True))] != whole


def test_the_error_names_the_last_good_offset(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:10])
    with pytest.raises(InputTraceError, match=f"last good offset is {len(lines[0]) + len(lines[1])}"):
        TraceQuery(path)


def test_a_missing_trace_is_refused_even_in_part(tmp_path: Path) -> None:
    for allow_partial in (False, True):
        with pytest.raises(InputTraceError, match="no such trace"):
            TraceQuery(tmp_path / "none.jsonl", allow_partial=allow_partial)


def test_an_intact_trace_keeps_its_seal_when_a_part_would_do(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    assert open_trace(path, allow_partial=True).seal is not None
    assert len(records(path, allow_partial=True)) == 3


def test_a_seal_that_does_not_fit_is_no_record(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    assert records(path, allow_partial=True) == [line[:-1] for line in lines[1:3]]
    path.write_bytes(lines[-1])
    assert records(path, allow_partial=True) == []


def test_a_trace_without_events_has_no_records(make_trace: MakeTrace, tmp_path: Path) -> None:
    assert records(make_trace(lambda bus: None)) == []
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert records(empty, allow_partial=True) == []


def test_an_event_of_type_seal_is_a_record_like_any_other(make_trace: MakeTrace, tmp_path: Path) -> None:
    path = make_trace(lambda bus: bus.publish(Event("SEAL", None, "test", {"events": 1})))
    assert [event.event_type for event in TraceQuery(path).events] == ["SEAL"]
    unsealed = tmp_path / "unsealed.jsonl"
    unsealed.write_bytes(records(path)[0] + b"\n")
    assert [event.event_type for event in TraceQuery(unsealed, allow_partial=True).events] == ["SEAL"]


@pytest.mark.parametrize("text_bytes", [10, 1000, 262_144, 700_001])
def test_lines_of_any_length_are_read_whole_across_blocks(make_trace: MakeTrace, text_bytes: int) -> None:
    number = max(5, 700_000 // text_bytes)
    events = [
        Event("LONG" if n % 2 else "SHORT", None, "test", {"text": "x" * (text_bytes if n % 2 else 1)})
        for n in range(number)
    ]

    def publish(bus: EventBus) -> None:
        for event in events:
            bus.publish(event)

    path = make_trace(publish)
    query = TraceQuery(path)
    assert path.stat().st_size > 300_000
    assert list(query.events) == events
    assert query.filter_events("LONG") == events[1::2]
    assert query.get_event_chain(number - 1) == [events[-1]]
    assert query.get_summary()["events"] == number


def test_a_line_that_is_no_record_is_named_by_its_offset(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    lines = path.read_bytes().splitlines(keepends=True)
    for garbage in (b"\0" * 40, b'{"event_type":"NOTE"}', b"[1]", b'{"no":"event"}', b""):
        path.write_bytes(b"".join([*lines[:2], garbage + b"\n", lines[2]]))
        query = TraceQuery(path, allow_partial=True)
        for read in (lambda query=query: list(query.events), query.get_summary, query.get_signal_to_fill_paths):
            with pytest.raises(InputTraceError, match=f"line at byte {len(lines[0]) + len(lines[1])} is not a record"):
                read()


def test_the_offset_of_a_line_far_into_a_trace_is_right(make_trace: MakeTrace) -> None:
    path = make_trace(publish_three)
    records = b"".join(path.read_bytes().splitlines(keepends=True)[:3]) * 3000
    path.write_bytes(records + b"damaged\n")
    assert len(records) > 1_000_000
    with pytest.raises(InputTraceError, match=f"line at byte {len(records)} is not a record"):
        TraceQuery(path, allow_partial=True).get_summary()

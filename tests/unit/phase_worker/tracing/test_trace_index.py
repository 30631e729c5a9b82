"""The index of a large trace: it changes how long an answer takes, never the answer."""

import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.paths import trace_index
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer

MakeTrace = Callable[..., Path]
SIGNALS = 600
TEXT = "x" * 60_000


def write(path: Path, signals: int = SIGNALS, *, compressed: bool = False) -> Path:
    """A trace of about 72 MB: signals, each with a fill."""
    bus, tracer = EventBus(), UnifiedTracer(path=path.with_suffix(".partial"), compressed=compressed)
    bus.attach_tracer(tracer)
    bus.subscribe("SIGNAL", lambda event: bus.publish(Event("FILL", event.timestamp, "broker", {"text": TEXT})))
    for number in range(signals):
        timestamp = f"2020-01-01T00:{number // 60:02}:{number % 60:02}Z"
        bus.publish(Event("SIGNAL", timestamp, "strategy", {"number": number, "text": TEXT}))
    tracer.seal(path)
    return path


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("large") / "run_train.jsonl")


@pytest.fixture
def trace(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(pristine, tmp_path))


def check_answers(query: TraceQuery) -> None:
    assert query.get_summary()["event_types"] == {"FILL": SIGNALS, "SIGNAL": SIGNALS}
    assert query.column("SIGNAL", "number").tolist() == list(range(SIGNALS))
    assert [event.event_id for event in query.iter_events("FILL")] == list(range(1, 2 * SIGNALS, 2))
    assert [event.event_id for event in query.get_event_chain(601)] == [600, 601]
    paths = query.get_signal_to_fill_paths()
    assert paths.event_ids.tolist() == [[number, number + 1] for number in range(0, 2 * SIGNALS, 2)]
    assert [event.payload["text"] for event in paths[-1]] == [TEXT, TEXT]


def test_answers_are_the_same_when_the_index_is_made_and_when_it_is_there(trace: Path) -> None:
    assert not trace_index(trace).exists()
    check_answers(TraceQuery(trace))
    made = trace_index(trace).stat()
    check_answers(TraceQuery(trace))
    assert trace_index(trace).stat() == made
    assert made.st_size < 100_000


def test_a_compressed_trace_gives_the_same_answers_in_as_much_memory(tmp_path: Path) -> None:
    compressed = write(tmp_path / "run_train.jsonl.zst", compressed=True)
    assert compressed.stat().st_size < 1_000_000
    for _ in ("the index is made", "it is there"):
        check_answers(TraceQuery(compressed))
        check_memory(compressed)
    assert trace_index(compressed).exists()


def test_a_small_trace_has_no_index(make_trace: MakeTrace) -> None:
    path = make_trace()
    TraceQuery(path).get_summary()
    assert not trace_index(path).exists()


@pytest.mark.parametrize("place", [0, 31, 32, 5_000, -9, -1])
def test_an_index_with_a_changed_byte_is_made_anew(trace: Path, place: int) -> None:
    TraceQuery(trace)
    index = trace_index(trace)
    sound = index.read_bytes()
    damaged = bytearray(sound)
    damaged[place] ^= 1
    index.write_bytes(damaged)
    check_answers(TraceQuery(trace))
    assert index.read_bytes() == sound


@pytest.mark.parametrize("size", [0, 1, 40, 1000])
def test_a_cut_off_index_is_made_anew(trace: Path, size: int) -> None:
    TraceQuery(trace)
    os.truncate(trace_index(trace), size)
    check_answers(TraceQuery(trace))


def test_an_index_of_another_trace_is_not_believed(trace: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.jsonl", SIGNALS + 1)
    TraceQuery(other)
    trace_index(other).rename(trace_index(trace))
    check_answers(TraceQuery(trace))


def test_a_trace_that_was_changed_since_is_refused(trace: Path) -> None:
    TraceQuery(trace)
    before = trace.stat()
    with trace.open("r+b") as file:
        file.seek(30_000_000)
        file.write(b"y")
    os.utime(trace, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(InputTraceError, match="changed after it was sealed"):
        TraceQuery(trace)


def test_a_changed_trace_leaves_no_index(trace: Path) -> None:
    with trace.open("r+b") as file:
        file.seek(30_000_000)
        file.write(b"y")
    with pytest.raises(InputTraceError, match="changed after it was sealed"):
        TraceQuery(trace)
    assert list(trace_index(trace).parent.iterdir()) == []


def test_an_index_that_cannot_be_written_is_done_without(trace: Path) -> None:
    (trace.parent / ".cache").touch()  # where a directory should be made
    check_answers(TraceQuery(trace))
    with trace.open("r+b") as file:
        file.seek(30_000_000)
        file.write(b"y")
    with pytest.raises(InputTraceError, match="changed after it was sealed"):
        TraceQuery(trace)


def test_what_a_killed_process_left_of_an_index_is_in_nobodys_way(trace: Path) -> None:
    index = trace_index(trace)
    index.parent.mkdir(parents=True)
    left = index.with_name(f".{index.name}.{os.getpid()}.tmp")
    left.write_bytes(b"half an ind")
    check_answers(TraceQuery(trace))
    assert left.read_bytes() == b"half an ind"


def test_a_query_outlives_its_index(trace: Path) -> None:
    query = TraceQuery(trace)
    trace_index(trace).unlink()
    check_answers(query)


def test_iterating_takes_memory_for_a_block_whatever_the_size_of_the_trace(trace: Path) -> None:
    for _ in ("the index is made", "it is there"):
        check_memory(trace)


def check_memory(trace: Path) -> None:
    tracemalloc.start()
    try:
        query = TraceQuery(trace)
        assert sum(event.payload["number"] for event in query.iter_events("SIGNAL")) == sum(range(SIGNALS))
        assert query.get_summary()["events"] == 2 * SIGNALS
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 7_000_000

"""The sequence of signal-to-fill paths."""

from collections.abc import Callable
from pathlib import Path

import pytest

from phase_worker.contract.errors import InputTraceError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

MakeTrace = Callable[..., Path]


def publish_paths(bus: EventBus) -> None:
    """Thousands of paths of two and of three events by turns, some of them to two fills."""

    def order(event: Event) -> None:
        if event.payload["number"] % 2:
            bus.publish(Event("ORDER", None, "risk", event.payload))
        else:
            bus.publish(Event("FILL", None, "broker", event.payload))

    def fill(event: Event) -> None:
        for _ in range(2):
            bus.publish(Event("FILL", None, "broker", event.payload))

    bus.subscribe("SIGNAL", order)
    bus.subscribe("ORDER", fill)
    for number in range(2000):
        bus.publish(Event("SIGNAL", None, "strategy", {"number": number, "note": "x" * 300}))


def ids(paths: list[list[Event]]) -> list[list[int]]:
    return [[event.event_id for event in path] for path in paths]


def test_paths_can_be_iterated_counted_indexed_and_cut(make_trace: MakeTrace) -> None:
    paths = TraceQuery(make_trace(publish_paths)).get_signal_to_fill_paths()
    everything = list(paths)
    assert len(paths) == len(everything) == 3000
    assert ids(everything[:4]) == [[0, 1], [2, 3, 4], [2, 3, 5], [6, 7]]
    assert paths[1] == everything[1]
    assert paths[-1] == everything[-1]
    assert paths[1498:1501] == everything[1498:1501]
    assert [path[0].payload["number"] for path in everything[-3:]] == [1998, 1999, 1999]
    with pytest.raises(IndexError):
        paths[3000]


def test_event_ids_are_those_of_the_events_with_shorter_paths_filled_up(make_trace: MakeTrace) -> None:
    paths = TraceQuery(make_trace(publish_paths)).get_signal_to_fill_paths()
    assert paths.event_ids.shape == (3000, 3)
    assert [[each for each in line if each >= 0] for line in paths.event_ids.tolist()] == ids(list(paths))
    assert paths.event_ids[0].tolist() == [-1, 0, 1]


def test_paths_of_several_traces_follow_one_another(make_trace: MakeTrace) -> None:
    def publish_one(bus: EventBus) -> None:
        bus.subscribe("SIGNAL", lambda event: bus.publish(Event("FILL", None, "broker")))
        bus.publish(Event("SIGNAL", None, "strategy"))

    traces = [make_trace(publish_one, "a"), make_trace(lambda bus: None, "b"), make_trace(publish_paths, "c")]
    paths = TraceQuery(traces).get_signal_to_fill_paths()
    assert len(paths) == 3001
    assert ids([paths[0], paths[1], paths[2]]) == [[0, 1], [0, 1], [2, 3, 4]]
    assert paths.event_ids[:3].tolist() == [[-1, 0, 1], [-1, 0, 1], [2, 3, 4]]


@pytest.mark.parametrize("cause", [b"0", b"1"])
def test_causes_that_run_in_a_circle_lead_nowhere(make_trace: MakeTrace, tmp_path: Path, cause: bytes) -> None:
    def publish(bus: EventBus) -> None:
        bus.subscribe("A", lambda event: bus.publish(Event("B", None, "test")))
        bus.subscribe("B", lambda event: bus.publish(Event("FILL", None, "test")))
        bus.publish(Event("A", None, "test"))

    lines = make_trace(publish).read_bytes().splitlines(keepends=True)
    circle = tmp_path / "circle.jsonl"
    circle.write_bytes(b"".join([lines[0].replace(b'"causation_id":null', b'"causation_id":' + cause), *lines[1:3]]))
    assert len(TraceQuery(circle, allow_partial=True).get_signal_to_fill_paths()) == 0


def test_a_payload_that_is_no_json_is_named_when_the_path_is_read(make_trace: MakeTrace, tmp_path: Path) -> None:
    path = make_trace(publish_paths)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(b"".join([*lines[:2], lines[2][:-3] + b"\n", *lines[3:-1]]))
    paths = TraceQuery(damaged, allow_partial=True).get_signal_to_fill_paths()
    assert ids([paths[0]]) == [[0, 1]]
    with pytest.raises(InputTraceError, match=f"line at byte {len(lines[0]) + len(lines[1])} is not a record"):
        paths[1]

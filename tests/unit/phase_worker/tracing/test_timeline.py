"""The timeline of a run, in Chrome's trace event format."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from phase_worker.contract.outcome import ErrorReport, PhaseOutcome, PhaseResources, PhaseState
from phase_worker.contract.paths import RunPaths
from phase_worker.tracing.timeline import timeline

# What the format asks of each kind of event: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
REQUIRED = {
    "X": {"name", "cat", "pid", "tid", "ts", "dur"},
    "M": {"name", "pid", "args"},
    "C": {"name", "pid", "ts", "args"},
    "s": {"name", "cat", "id", "pid", "tid", "ts"},
    "f": {"name", "cat", "id", "pid", "tid", "ts"},
}


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """Data, two trainings side by side, a test that reads one of them and fails, and a phase that was lost."""
    paths = RunPaths(tmp_path, "wf-1")
    paths.run_dir.mkdir()
    end(paths, "data", 0, 1)
    end(paths, "train-01", 1, 3, inputs=["data"])
    end(paths, "train-02", 1, 2, inputs=["data"])
    end(paths, "test-01", 3, 4, inputs=["train-01"], state=PhaseState.FAILED, error=ErrorReport("E-RAISED", "no <b>"))
    end(paths, "lost", None, None, state=PhaseState.FAILED, error=ErrorReport("E-SIGNAL", "killed"))
    return paths


def end(
    paths: RunPaths, phase: str, first: int | None, last: int | None, inputs: list[str] | None = None, **changes: Any
) -> None:
    started, finished = ("" if second is None else f"2026-01-01T00:00:0{second}.000Z" for second in (first, last))
    outcome = PhaseOutcome(
        workflow_id="wf-1",
        phase=phase,
        attempt=1,
        status=changes.get("state", PhaseState.COMPLETED),
        request_digest="",
        error=changes.get("error"),
        resources=PhaseResources((last or 0) - (first or 0), 0.5, 32 << 20),
        host="node",
        started_at=started,
        finished_at=finished,
    )
    paths.outcome(phase).write_bytes(outcome.to_json())
    paths.request(phase).write_bytes(orjson.dumps({"topology": "some", "inputs": {name: {} for name in inputs or []}}))


def events(run: RunPaths, kind: str) -> list[dict[str, Any]]:
    return [event for event in timeline(run)["traceEvents"] if event["ph"] == kind]


def test_every_event_has_what_the_format_asks_for(run: RunPaths) -> None:
    document = json.loads(orjson.dumps(timeline(run)))
    assert {event["ph"] for event in document["traceEvents"]} == set(REQUIRED)
    for event in document["traceEvents"]:
        assert event.keys() >= REQUIRED[event["ph"]]
        assert all(
            isinstance(event[key], int) and event[key] >= 0 for key in ("ts", "dur", "pid", "tid") if key in event
        )


def test_phases_are_slices_in_microseconds_from_the_first_start(run: RunPaths) -> None:
    slices = {event["name"]: (event["ts"], event["dur"], event["tid"]) for event in events(run, "X")}
    assert slices == {
        "data": (0, 1_000_000, 1),
        "train-01": (1_000_000, 2_000_000, 1),
        "train-02": (1_000_000, 1_000_000, 2),
        "test-01": (3_000_000, 1_000_000, 1),
    }


def test_a_slice_tells_how_its_phase_ended(run: RunPaths) -> None:
    (failed,) = [event for event in events(run, "X") if event["name"] == "test-01"]
    assert (failed["cat"], failed["cname"]) == ("some", "terrible")
    assert failed["args"] == {
        "status": "failed",
        "attempt": 1,
        "cpu_s": 0.5,
        "peak_memory_mib": 32.0,
        "events": 0,
        "error": "no <b>",
    }


def test_an_arrow_leads_from_each_trace_to_its_reader(run: RunPaths) -> None:
    slices = {(event["pid"], event["tid"], event["name"]): event for event in events(run, "X")}

    def at(arrow_end: dict[str, Any]) -> str:
        (name,) = [
            name
            for (host, slot, name), each in slices.items()
            if (host, slot) == (arrow_end["pid"], arrow_end["tid"])
            and each["ts"] <= arrow_end["ts"] < each["ts"] + each["dur"]
        ]
        return name

    ends = {event["id"]: at(event) for event in events(run, "f")}
    arrows = {(at(event), ends[event["id"]]) for event in events(run, "s")}
    assert arrows == {("data", "train-01"), ("data", "train-02"), ("train-01", "test-01")}


def test_counters_go_up_and_come_back_to_nothing(run: RunPaths) -> None:
    running = [event["args"]["running"] for event in events(run, "C") if event["name"] == "phases"]
    memory = [event["args"]["sum"] for event in events(run, "C") if "MiB" in event["name"]]
    assert (max(running), running[-1]) == (2, 0)
    assert (max(memory), memory[-1]) == (64.0, 0.0)


def test_a_run_of_which_nothing_has_ended_is_an_empty_timeline(tmp_path: Path) -> None:
    assert timeline(RunPaths(tmp_path, "wf-2"))["traceEvents"] == []

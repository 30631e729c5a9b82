"""The summary of traces: counts, times and origin."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer

MakeTrace = Callable[..., Path]


def in_memory(events: list[Event]) -> UnifiedTracer:
    tracer = UnifiedTracer("in-memory")
    for event_id, event in enumerate(events):
        event.event_id = event_id
        tracer.record(event)
    return tracer


def test_the_summary_counts_and_says_where_the_trace_comes_from(make_trace: MakeTrace) -> None:
    path = make_trace()
    summary = TraceQuery(path).get_summary()
    assert summary["events"] == 16
    assert summary["event_types"] == {
        "RISK_DECISION": 3,
        "SIGNAL": 3,
        "FILL": 2,
        "ORDER": 2,
        "PORTFOLIO_UPDATE": 2,
        "POSITION_OPEN": 2,
        "EQUITY_CURVE": 1,
        "TRACE_OPEN": 1,
    }
    assert next(iter(summary["event_types"])) == "RISK_DECISION"
    assert summary["sources"] == {"portfolio": 5, "risk": 5, "sma_cross": 3, "broker": 2, "phase_worker": 1}
    assert (summary["first_timestamp"], summary["last_timestamp"]) == ("2020-01-02T00:00:00Z", "2020-01-08T00:00:00Z")
    (described,) = summary["traces"]
    assert described["seal"].pop("sha256")
    assert described == {
        "trace": str(path),
        "events": 16,
        "topology": "backtest",
        "request_digest": "ab" * 32,
        "seal": {"events": 16, "status": "completed", "size_bytes": described["seal"]["size_bytes"]},
    }


def test_the_summary_of_nothing_is_zeros(record_in_memory: Any) -> None:
    summary = TraceQuery(record_in_memory(lambda bus: None)).get_summary()
    assert (summary["events"], summary["first_timestamp"], summary["traces"][0]["seal"]) == (0, None, None)


def test_the_times_of_a_summary_are_the_extremes_of_all_traces() -> None:
    stamps = ["2020-01-05T00:00:00Z", "2020-01-01T00:00:00Z", "2020-01-09T00:00:00Z", "2020-01-02T00:00:00Z"]
    tracers = [in_memory([Event("X", stamp, "test")]) for stamp in stamps]
    summary = TraceQuery(tracers).get_summary()
    assert (summary["first_timestamp"], summary["last_timestamp"]) == (stamps[1], stamps[2])


@given(names=st.lists(st.tuples(st.text(), st.text()), max_size=20))
def test_the_summary_counts_every_name_that_json_can_hold(names: list[tuple[str, str]]) -> None:
    summary = TraceQuery(in_memory([Event(event_type, None, source) for event_type, source in names])).get_summary()
    assert summary["event_types"] == Counter(event_type for event_type, _ in names)
    assert summary["sources"] == Counter(source for _, source in names)

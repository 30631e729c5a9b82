"""Chains of causes and effects, the paths from signals to fills, and the time along them."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

MakeTrace = Callable[..., Path]


def ids(events: list[Event]) -> list[int]:
    return [event.event_id for event in events]


def types(events: list[Event]) -> list[str]:
    return [event.event_type for event in events]


def test_a_chain_has_the_causes_and_the_effects_in_order(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace())
    fill = query.filter_events("FILL")[1]
    chain = query.get_event_chain(fill.event_id)
    assert types(chain) == ["SIGNAL", "RISK_DECISION", "ORDER", "FILL", "POSITION_OPEN", "PORTFOLIO_UPDATE"]
    assert ids(chain) == sorted(ids(chain))
    assert {event.correlation_id for event in chain} == {fill.correlation_id}


def test_a_chain_leaves_out_other_effects_of_the_same_cause(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace())
    update = query.filter_events("PORTFOLIO_UPDATE")[0]
    assert types(query.get_event_chain(update.event_id))[-2:] == ["FILL", "PORTFOLIO_UPDATE"]


def test_a_chain_has_what_the_trace_level_kept(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace(level="trades"))
    fill = query.filter_events("FILL")[0]
    assert types(query.get_event_chain(fill.event_id)) == ["FILL", "POSITION_OPEN"]


def test_the_chain_of_an_unknown_event_is_an_error_that_says_how_many_there_are(make_trace: MakeTrace) -> None:
    with pytest.raises(ConfigError, match="no event 99; the trace has 16 events"):
        TraceQuery(make_trace()).get_event_chain(99)


def test_a_chain_over_several_traces_is_refused(make_trace: MakeTrace) -> None:
    with pytest.raises(ValueError, match="in each of 2 traces"):
        TraceQuery([make_trace(name="a"), make_trace(name="b")]).get_event_chain(1)


def test_paths_lead_from_each_signal_that_was_filled_to_its_fill(make_trace: MakeTrace) -> None:
    paths = TraceQuery(make_trace()).get_signal_to_fill_paths()
    assert [types(path) for path in paths] == [["SIGNAL", "RISK_DECISION", "ORDER", "FILL"]] * 2
    for path in paths:
        assert [event.causation_id for event in path[1:]] == ids(path)[:-1]


def publish_effects(effects: dict[str, list[str]]) -> Callable[[EventBus], None]:
    """Publishes a SIGNAL; every event is followed by the `effects` of its type."""

    def publish(bus: EventBus) -> None:
        def follow(event: Event) -> None:
            for effect in effects[event.event_type]:
                bus.publish(Event(effect, None, "test"))

        for event_type in effects:
            bus.subscribe(event_type, follow)
        bus.publish(Event("SIGNAL", None, "test"))

    return publish


def test_each_partial_fill_has_its_path(make_trace: MakeTrace) -> None:
    trace = make_trace(publish_effects({"SIGNAL": ["ORDER"], "ORDER": ["FILL", "FILL"]}))
    assert [ids(path) for path in TraceQuery(trace).get_signal_to_fill_paths()] == [[0, 1, 2], [0, 1, 3]]


def test_a_path_passes_through_events_of_any_type(make_trace: MakeTrace) -> None:
    trace = make_trace(publish_effects({"SIGNAL": ["MY_SIZING"], "MY_SIZING": ["FILL"]}))
    assert [types(path) for path in TraceQuery(trace).get_signal_to_fill_paths()] == [["SIGNAL", "MY_SIZING", "FILL"]]


def test_a_path_begins_at_the_nearest_signal(make_trace: MakeTrace) -> None:
    def signal_from_a_signal(bus: EventBus) -> None:
        bus.subscribe("SIGNAL", lambda event: bus.publish(Event("X" if event.event_id else "SIGNAL", None, "test")))
        bus.subscribe("X", lambda event: bus.publish(Event("FILL", None, "test")))
        bus.publish(Event("SIGNAL", None, "test"))

    (path,) = TraceQuery(make_trace(signal_from_a_signal)).get_signal_to_fill_paths()
    assert ids(path) == [1, 2, 3]


def test_a_path_does_not_pass_through_a_fill(make_trace: MakeTrace) -> None:
    def stop_out(bus: EventBus) -> None:
        bus.subscribe("SIGNAL", lambda event: bus.publish(Event("FILL", None, "entry")))
        bus.subscribe("FILL", lambda event: bus.publish(Event(f"AFTER_{event.source_id}", None, "test")))
        bus.subscribe("AFTER_entry", lambda event: bus.publish(Event("FILL", None, "stop")))
        bus.publish(Event("SIGNAL", None, "test"))

    query = TraceQuery(make_trace(stop_out))
    assert len(query.filter_events("FILL")) == 2
    assert [ids(path) for path in query.get_signal_to_fill_paths()] == [[0, 1]]


def test_latencies_are_in_event_time_and_in_bars(make_trace: MakeTrace) -> None:
    latencies = TraceQuery(make_trace()).analyze_latencies()
    day_s = 86_400.0
    assert latencies["signal_to_order"] == {
        "count": 2,
        "seconds": {"min": 0.0, "mean": 0.0, "median": 0.0, "max": 0.0},
        "bars": {"min": 0, "mean": 0.0, "median": 0.0, "max": 0},
    }
    for step in ("order_to_fill", "signal_to_fill"):
        assert latencies[step]["seconds"] == {"min": day_s, "mean": day_s, "median": day_s, "max": day_s}
        assert latencies[step]["bars"] == {"min": 1, "mean": 1.0, "median": 1.0, "max": 1}


def test_bars_count_trading_days_where_seconds_count_the_weekend_too(make_trace: MakeTrace) -> None:
    friday, monday, tuesday = "2020-01-03T00:00:00Z", "2020-01-06T00:00:00Z", "2020-01-07T00:00:00Z"

    def publish(bus: EventBus) -> None:
        moments = count()
        bus.subscribe("SIGNAL", lambda event: bus.publish(Event("FILL", [monday, tuesday][next(moments)], "broker")))
        for _ in range(2):
            bus.publish(Event("SIGNAL", friday, "strategy"))
        bus.publish(Event("EQUITY_CURVE", tuesday, "portfolio", {"timestamp": [friday, monday, tuesday]}))

    measured = TraceQuery(make_trace(publish)).analyze_latencies()["signal_to_fill"]
    assert measured["seconds"] == {"min": 259_200.0, "mean": 302_400.0, "median": 302_400.0, "max": 345_600.0}
    assert measured["bars"] == {"min": 1, "mean": 1.5, "median": 1.5, "max": 2}


def test_bars_are_unknown_without_an_equity_curve_and_all_is_without_fills(make_trace: MakeTrace) -> None:
    def fill_without_curve(bus: EventBus) -> None:
        bus.subscribe("SIGNAL", lambda event: bus.publish(Event("FILL", event.timestamp, "broker")))
        bus.publish(Event("SIGNAL", "2020-01-03T00:00:00Z", "strategy"))

    assert TraceQuery(make_trace(fill_without_curve, "a")).analyze_latencies()["signal_to_fill"]["bars"] is None
    no_fills = TraceQuery(make_trace(publish_effects({"SIGNAL": ["ORDER"]}), "b")).analyze_latencies()
    assert no_fills["signal_to_fill"] == {"count": 0, "seconds": None, "bars": None}

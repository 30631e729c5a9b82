"""The bus: ids, causes and order of events, scheduling by bars, and errors that leave it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event

BARS = 6


@dataclass
class Recorder:
    events: list[Event] = field(default_factory=list)

    def record(self, event: Event) -> None:
        self.events.append(replace(event))


@dataclass(frozen=True)
class Plan:
    """An event to publish, and what its handler publishes: at once (0) or so many bars later."""

    event_type: str
    effects: tuple[tuple[int, "Plan"], ...]


PLANS = st.recursive(
    st.builds(Plan, st.sampled_from("ABC"), st.just(())),
    lambda inner: st.builds(
        Plan, st.sampled_from("ABC"), st.lists(st.tuples(st.integers(0, 2), inner), max_size=3).map(tuple)
    ),
    max_leaves=12,
)


def connect() -> tuple[EventBus, Recorder]:
    bus, recorder = EventBus(), Recorder()
    bus.attach_tracer(recorder)
    return bus, recorder


def note(event_type: str) -> Event:
    return Event(event_type, None, "test")


def publish_when(bus: EventBus, cause: str, *effects: str) -> None:
    def handle(event: Event) -> None:
        for effect in effects:
            bus.publish(note(effect))

    bus.subscribe(cause, handle)


def _append(seen: list[Any], value: Any, event: Event) -> None:
    seen.append(value)


@dataclass
class Run:
    """Follows plans on a bus and keeps what every handler saw."""

    bus: EventBus
    recorder: Recorder
    now: int = -1
    first_seen: list[int] = field(default_factory=list)
    last_seen: list[int] = field(default_factory=list)
    cause_of: dict[int, Event | None] = field(default_factory=dict)  # by the identity of the event
    due: dict[int, int] = field(default_factory=dict)
    published: list[Event] = field(default_factory=list)

    def publish(self, plan: Plan, due: int, cause: Event | None) -> None:
        event = Event(plan.event_type, None, "test", {"plan": plan})
        self.cause_of[id(event)], self.due[id(event)] = cause, due
        self.published.append(event)
        self.bus.publish(event)
        assert self.now == due

    def follow(self, event: Event) -> None:
        self.first_seen.append(event.event_id)
        for delay, plan in event.payload["plan"].effects:
            if delay:
                due = self.now + delay
                self.bus.schedule(due, partial(self.publish, plan, due), event)
            else:
                self.publish(plan, self.now, event)

    def check_recorded(self, event: Event) -> None:
        self.last_seen.append(event.event_id)
        assert any(recorded.event_id == event.event_id for recorded in self.recorder.events)


def follow_plans(plans_by_bar: list[list[Plan]]) -> Run:
    bus, recorder = connect()
    run = Run(bus, recorder)
    for event_type in "ABC":
        bus.subscribe(event_type, run.follow)
        bus.subscribe(event_type, run.check_recorded)
    for run.now in range(BARS * 10):
        bus.advance(run.now)
        for plan in plans_by_bar[run.now] if run.now < len(plans_by_bar) else ():
            run.publish(plan, run.now, None)
    return run


@given(st.lists(st.lists(PLANS, max_size=2), max_size=BARS))
def test_ids_causes_and_order_hold_for_any_plan_of_events(plans_by_bar: list[list[Plan]]) -> None:
    run = follow_plans(plans_by_bar)
    recorded = run.recorder.events
    everything = list(range(len(run.published)))
    assert [event.event_id for event in recorded] == everything, "ids count from 0 in the order of recording"
    assert run.first_seen == run.last_seen == everything, "each handler sees each event once, in the order of ids"
    for event in run.published:
        cause = run.cause_of[id(event)]
        assert event.causation_id == (cause.event_id if cause else None)
        assert event.correlation_id == (cause.correlation_id if cause else event.event_id)
        assert recorded[event.event_id] == event
    in_id_order = sorted(run.published, key=lambda event: event.event_id)
    assert all(run.due[id(a)] <= run.due[id(b)] for a, b in pairwise(in_id_order)), "time does not go back"


def test_an_event_published_by_a_handler_waits_until_all_handlers_have_seen_its_cause() -> None:
    bus, _ = connect()
    seen: list[str] = []
    publish_when(bus, "A", "B")
    bus.subscribe("A", lambda event: seen.append("A"))
    bus.subscribe("B", lambda event: seen.append("B"))
    bus.publish(note("A"))
    assert seen == ["A", "B"]


def test_handlers_are_called_in_the_order_of_subscription() -> None:
    bus, _ = connect()
    seen: list[int] = []
    for number in range(5):
        bus.subscribe("A", partial(_append, seen, number))
    bus.publish(note("A"))
    assert seen == [0, 1, 2, 3, 4]


def test_an_event_without_handlers_is_recorded_and_keeps_its_cause() -> None:
    bus, recorder = connect()
    publish_when(bus, "A", "UNHEARD")
    bus.publish(note("A"))
    assert [(event.event_type, event.causation_id) for event in recorder.events] == [("A", None), ("UNHEARD", 0)]


def test_a_bus_works_without_a_tracer() -> None:
    bus, event = EventBus(), note("A")
    bus.publish(event)
    assert (event.event_id, event.causation_id, event.correlation_id) == (0, None, 0)


def test_what_is_scheduled_runs_in_the_order_of_bars_then_of_scheduling() -> None:
    bus, _ = connect()
    ran: list[str] = []
    for time, name in ((3, "d"), (1, "a"), (2, "c"), (1, "b"), (9, "never")):
        bus.schedule(time, partial(_append, ran, name), note("A"))
    bus.advance(0)
    assert ran == []
    bus.advance(1)
    assert ran == ["a", "b"]
    bus.advance(5)
    assert ran == ["a", "b", "c", "d"]


def test_what_a_scheduled_handler_schedules_for_a_passed_bar_still_runs() -> None:
    bus, _ = connect()
    ran: list[str] = []

    def first(event: Event) -> None:
        ran.append("first")
        bus.schedule(0, lambda event: ran.append("second"), event)

    bus.schedule(2, first, note("A"))
    bus.advance(2)
    assert ran == ["first", "second"]


def test_effects_of_a_scheduled_handler_are_delivered_before_the_next_one_runs() -> None:
    bus, _ = connect()
    ran: list[str] = []
    bus.subscribe("B", lambda event: ran.append("B"))
    bus.schedule(1, lambda event: bus.publish(note("B")), note("A"))
    bus.schedule(1, lambda event: ran.append("next"), note("A"))
    bus.advance(1)
    assert ran == ["B", "next"]


@pytest.mark.parametrize("trigger", ["publish", "advance"])
def test_a_handler_that_raises_ends_with_its_own_error_and_a_note_of_where(trigger: str) -> None:
    bus, recorder = connect()

    def fail(event: Event) -> None:
        raise ZeroDivisionError("in a component")

    event = Event("A", "2020-01-03T00:00:00Z", "test")
    act: Callable[[], None]
    if trigger == "publish":
        bus.subscribe("A", fail)
        act = partial(bus.publish, event)
    else:
        bus.publish(event)
        bus.schedule(1, fail, event)
        act = partial(bus.advance, 1)
    with pytest.raises(ZeroDivisionError) as caught:
        act()
    (where,) = caught.value.__notes__
    assert "fail, handling A #0 of 2020-01-03T00:00:00Z" in where
    assert len(recorder.events) == 1, "the event is recorded before a handler sees it"


def test_a_component_cannot_set_the_ids() -> None:
    bus, recorder = connect()
    bus.publish(Event("A", None, "test", event_id=7, causation_id=8, correlation_id=9))
    assert recorder.events == [Event("A", None, "test", event_id=0, causation_id=None, correlation_id=0)]


def test_nothing_is_published_after_shutdown() -> None:
    bus, recorder = connect()
    bus.shutdown()
    with pytest.raises(RuntimeError, match="A from 'test' was published after the bus was shut down"):
        bus.publish(note("A"))
    assert recorder.events == []


def test_shutdown_forgets_what_is_scheduled() -> None:
    bus, _ = connect()
    ran: list[Event] = []
    bus.schedule(1, ran.append, note("A"))
    bus.shutdown()
    bus.advance(1)
    assert ran == []


def test_a_handler_may_shut_the_bus_down_while_events_wait() -> None:
    bus, _ = connect()
    seen: list[Event] = []
    publish_when(bus, "A", "B")
    bus.subscribe("A", lambda event: bus.shutdown())
    bus.subscribe("B", seen.append)
    bus.publish(note("A"))
    assert seen == []

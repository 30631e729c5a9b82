"""The simulated broker fills each order at the bar and price of its convention, or not at all."""

from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import make_bars, payloads
from topologies.components.execution.account import Account, Costs
from topologies.components.execution.broker import SimulatedBroker

BARS = make_bars([10.0, 11.0, 12.0, 13.0], opens=[9.5, 10.5, 11.5, 12.5])


class Exchange:
    """A broker over four bars, and all that was said on its bus."""

    def __init__(self, fill: str = "next_open", cash: float = 1000.0, **costs: Any) -> None:
        self.bus, tracer = EventBus(), UnifiedTracer()
        self.bus.attach_tracer(tracer)
        self.events = tracer.events
        SimulatedBroker(self.bus, BARS, Account(cash, Costs(**costs)), fill=fill)

    def order(
        self, bar: int, *, weight: float | None = None, quantity: float | None = None, side: str = "BUY"
    ) -> Event:
        self.bus.advance(bar)
        payload = {"symbol": "TEST", "bar": bar, "side": side, "target_weight": weight, "quantity": quantity}
        event = Event("ORDER", BARS.timestamp(bar), "test", payload)
        self.bus.publish(event)
        return event

    def fills(self) -> list[dict[str, Any]]:
        self.bus.advance(len(BARS) - 1)
        return payloads(self.events, "FILL")


@pytest.mark.parametrize(
    ("fill", "bar", "price"), [("next_open", 2, 11.5), ("next_close", 2, 12.0), ("same_close", 1, 11.0)]
)
def test_an_order_is_filled_at_the_bar_and_price_of_the_convention(fill: str, bar: int, price: float) -> None:
    exchange = Exchange(fill)
    exchange.order(1, quantity=3.0)
    (filled,) = exchange.fills()
    assert (filled["bar"], filled["price"], filled["quantity"]) == (bar, price, 3.0)
    assert exchange.events[-1].timestamp == BARS.timestamp(bar)


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_an_order_waits_until_its_bar_has_come(fill: str) -> None:
    exchange = Exchange(fill)
    exchange.order(1, quantity=3.0)
    exchange.bus.advance(1)
    assert [event.event_type for event in exchange.events] == ["ORDER"]


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_an_order_at_the_last_bar_stays_unfilled(fill: str) -> None:
    exchange = Exchange(fill)
    exchange.order(3, quantity=3.0)
    assert exchange.fills() == []


def test_an_order_at_the_last_bar_is_filled_at_the_same_close() -> None:
    exchange = Exchange("same_close")
    exchange.order(3, quantity=3.0)
    assert exchange.fills()[0]["price"] == 13.0


def test_the_cause_of_a_fill_is_its_order_although_other_events_came_between() -> None:
    exchange = Exchange()
    first = exchange.order(0, quantity=1.0)
    exchange.bus.publish(Event("NEWS", BARS.timestamp(0), "test"))
    second = exchange.order(1, quantity=2.0)
    exchange.bus.advance(3)
    fills = [event for event in exchange.events if event.event_type == "FILL"]
    assert [event.causation_id for event in fills] == [first.event_id, second.event_id]
    assert [event.correlation_id for event in fills] == [first.correlation_id, second.correlation_id]


def test_a_fill_tells_what_was_paid_and_what_is_held_after_it() -> None:
    exchange = Exchange(commission_per_share=0.5, slippage_bps=100.0)
    exchange.order(0, quantity=10.0)
    exchange.order(1, quantity=4.0, side="SELL")
    bought, sold = exchange.fills()
    assert bought == {
        "symbol": "TEST",
        "bar": 1,
        "side": "BUY",
        "quantity": 10.0,
        "price": pytest.approx(10.605),
        "commission": 5.0,
        "slippage": pytest.approx(1.05),
        "cash": pytest.approx(1000.0 - 106.05 - 5.0),
        "position": 10.0,
    }
    assert (sold["side"], sold["quantity"], sold["position"]) == ("SELL", 4.0, 6.0)
    assert sold["price"] == pytest.approx(11.5 * 0.99)
    assert sold["cash"] == pytest.approx(bought["cash"] + 4.0 * 11.5 * 0.99 - 2.0)


def test_an_order_to_a_weight_is_sized_at_the_price_of_the_fill() -> None:
    exchange = Exchange()
    exchange.order(0, weight=1.0)
    exchange.order(2, weight=0.0)
    bought, sold = exchange.fills()
    assert bought["quantity"] == 1000.0 / 10.5
    assert (sold["side"], sold["quantity"], sold["position"]) == ("SELL", 1000.0 / 10.5, 0.0)


def test_an_order_that_the_cash_does_not_cover_is_rejected_and_not_filled() -> None:
    exchange = Exchange(cash=100.0)
    order = exchange.order(0, quantity=10.0)
    assert exchange.fills() == []
    rejected = exchange.events[-1]
    assert (rejected.event_type, rejected.causation_id) == ("ORDER_REJECTED", order.event_id)
    assert (rejected.timestamp, rejected.payload["bar"]) == (BARS.timestamp(1), 1)
    assert "cash" in rejected.payload["reason"]

"""The portfolio tells what each fill made of the account, and at the end the equity of every bar."""

from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import make_bars, payloads
from topologies.components.portfolio.portfolio import Portfolio

BARS = make_bars([10.0, 11.0, 12.0, 13.0, 14.0])


class Office:
    """A portfolio over the bars from 1 on, with 1000 to start with, and all that was said on its bus."""

    def __init__(self) -> None:
        self.bus, tracer = EventBus(), UnifiedTracer()
        self.bus.attach_tracer(tracer)
        self.events = tracer.events
        self.portfolio = Portfolio(self.bus, BARS, start=1, cash=1000.0)

    def fill(self, bar: int, quantity: float, price: float, *, cash: float, position: float, **more: Any) -> None:
        payload = {
            "bar": bar,
            "side": "BUY" if quantity > 0 else "SELL",
            "quantity": abs(quantity),
            "price": price,
            "commission": 1.0,
            "cash": cash,
            "position": position,
            **more,
        }
        self.bus.publish(Event("FILL", BARS.timestamp(bar), "test", payload))

    def told(self, event_type: str) -> list[dict[str, Any]]:
        return payloads(self.events, event_type)


def test_a_first_fill_opens_a_position_and_updates_the_account() -> None:
    office = Office()
    office.fill(1, 20.0, 11.5, cash=769.0, position=20.0)
    assert office.told("POSITION_OPEN") == [{"symbol": "TEST", "side": "LONG", "quantity": 20.0, "price": 11.5}]
    assert office.told("PORTFOLIO_UPDATE") == [{"cash": 769.0, "position": 20.0, "price": 11.5, "equity": 999.0}]
    assert {event.timestamp for event in office.events} == {BARS.timestamp(1)}
    assert {event.causation_id for event in office.events[1:]} == {0}


def test_a_closed_position_tells_how_it_went() -> None:
    office = Office()
    office.fill(1, 20.0, 11.0, cash=779.0, position=20.0)
    office.fill(3, -20.0, 13.0, cash=1038.0, position=0.0)
    (closed,) = office.told("POSITION_CLOSE")
    assert closed == {
        "symbol": "TEST",
        "side": "LONG",
        "quantity": 20.0,
        "entry_time": BARS.timestamp(1),
        "entry_price": 11.0,
        "exit_price": 13.0,
        "pnl": 38.0,
        "return": pytest.approx(38.0 / 220.0),
        "bars_held": 2,
        "commission": 2.0,
    }


def test_a_closed_position_tells_why_where_the_broker_says_it() -> None:
    office = Office()
    office.fill(1, 20.0, 11.0, cash=779.0, position=20.0, reason=None)
    office.fill(3, -20.0, 10.0, cash=978.0, position=0.0, reason="stop_loss")
    assert office.told("POSITION_CLOSE")[0]["reason"] == "stop_loss"


def test_a_flip_closes_the_long_position_before_it_opens_the_short_one() -> None:
    office = Office()
    office.fill(1, 20.0, 11.0, cash=779.0, position=20.0)
    office.fill(2, -30.0, 12.0, cash=1138.0, position=-10.0)
    assert [event.event_type for event in office.events[-3:]] == ["POSITION_CLOSE", "POSITION_OPEN", "PORTFOLIO_UPDATE"]
    assert office.told("POSITION_CLOSE")[0]["side"] == "LONG"
    assert office.told("POSITION_OPEN")[1] == {"symbol": "TEST", "side": "SHORT", "quantity": 10.0, "price": 12.0}


def test_adding_to_a_position_opens_no_other() -> None:
    office = Office()
    office.fill(1, 20.0, 11.0, cash=779.0, position=20.0)
    office.fill(2, 10.0, 12.0, cash=658.0, position=30.0)
    assert len(office.told("POSITION_OPEN")) == 1
    assert len(office.told("PORTFOLIO_UPDATE")) == 2


def test_the_equity_curve_marks_every_bar_of_the_window_and_sells_nothing_at_its_end() -> None:
    office = Office()
    office.fill(2, 20.0, 11.0, cash=779.0, position=20.0)
    office.portfolio.publish_equity_curve()
    (curve,) = office.told("EQUITY_CURVE")
    assert curve["equity"].tolist() == [1000.0, 779.0 + 240.0, 779.0 + 260.0, 779.0 + 280.0]
    assert [f"{time}Z"[:20] for time in curve["timestamp"].astype("datetime64[s]")] == [
        BARS.timestamp(bar) for bar in range(1, 5)
    ]
    assert (curve["symbol"], curve["first_bar"]) == ("TEST", 1)
    assert office.events[-1].timestamp == BARS.timestamp(4)
    assert office.told("POSITION_CLOSE") == []

"""The risk rules limit what a strategy wants, and order what is granted."""

from typing import Any

import numpy as np
import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import payloads
from topologies.components.risk.rules import RiskControl, RiskRules
from topologies.components.risk.sizers import all_in, fixed_shares

LONG_ONLY = RiskRules(all_in, {"fraction": 1.0}, max_weight=1.0, allow_short=False)
LONG_SHORT = RiskRules(all_in, {"fraction": 1.0}, max_weight=1.0, allow_short=True)
HALF = RiskRules(all_in, {"fraction": 1.0}, max_weight=0.5, allow_short=True)
HUNDRED_SHARES = RiskRules(fixed_shares, {"quantity": 100.0}, max_weight=1.0, allow_short=True)


@pytest.mark.parametrize(
    ("rules", "target", "granted", "rule"),
    [
        (LONG_ONLY, 1.0, 1.0, None),
        (LONG_ONLY, 0.0, 0.0, None),
        (LONG_ONLY, 0.3, 0.3, None),
        (LONG_ONLY, -0.1, 0.0, "no_short"),
        (LONG_ONLY, 1.5, 1.0, "max_weight"),
        (LONG_SHORT, -1.0, -1.0, None),
        (LONG_SHORT, -1.5, -1.0, "max_weight"),
        (HALF, 0.5, 0.5, None),
        (HALF, 1.0, 0.5, "max_weight"),
        (HALF, -1.0, -0.5, "max_weight"),
    ],
)
def test_a_target_is_limited_and_the_rule_that_limited_it_is_named(
    rules: RiskRules, target: float, granted: float, rule: str | None
) -> None:
    assert rules.grant(target) == (granted, rule)
    assert rules.grant_all(np.array([target])).tolist() == [granted]


class Desk:
    """Risk control on a bus of its own, and all that was said there."""

    def __init__(self, rules: RiskRules) -> None:
        self.bus, tracer = EventBus(), UnifiedTracer()
        self.bus.attach_tracer(tracer)
        self.events = tracer.events
        RiskControl(self.bus, rules)

    def signal(self, target: float) -> None:
        payload = {"symbol": "TEST", "bar": 7, "target": target, "previous": 0.0, "price": 20.0}
        self.bus.publish(Event("SIGNAL", "2020-01-08T00:00:00Z", "test", payload))

    def hold(self, position: float) -> None:
        account = {"position": position, "cash": 1000.0 - position * 20.0}
        self.bus.publish(Event("FILL", "2020-01-09T00:00:00Z", "test", account))

    def decisions(self) -> list[dict[str, Any]]:
        return payloads(self.events, "RISK_DECISION")

    def orders(self) -> list[dict[str, Any]]:
        return payloads(self.events, "ORDER")


def test_an_approved_signal_becomes_a_market_order_by_way_of_a_decision() -> None:
    desk = Desk(LONG_ONLY)
    desk.signal(1.0)
    assert [event.event_type for event in desk.events] == ["SIGNAL", "RISK_DECISION", "ORDER"]
    assert [event.causation_id for event in desk.events] == [None, 0, 1]
    assert {event.correlation_id for event in desk.events} == {0}
    assert {event.timestamp for event in desk.events} == {"2020-01-08T00:00:00Z"}
    assert desk.decisions() == [
        {
            "symbol": "TEST",
            "bar": 7,
            "price": 20.0,
            "decision": "approved",
            "requested": 1.0,
            "granted": 1.0,
            "rule": None,
        }
    ]
    assert desk.orders() == [
        {"symbol": "TEST", "bar": 7, "side": "BUY", "order_type": "market", "target_weight": 1.0, "quantity": None}
    ]


def test_a_signal_beyond_the_largest_weight_is_reduced_to_it() -> None:
    desk = Desk(HALF)
    desk.signal(1.0)
    (decision,) = desk.decisions()
    assert (decision["decision"], decision["requested"], decision["granted"]) == ("reduced", 1.0, 0.5)
    assert desk.orders()[0]["target_weight"] == 0.5


def test_a_short_signal_is_rejected_without_an_order_where_nothing_is_held() -> None:
    desk = Desk(LONG_ONLY)
    desk.signal(-1.0)
    (decision,) = desk.decisions()
    assert (decision["decision"], decision["granted"], decision["rule"]) == ("rejected", 0.0, "no_short")
    assert desk.orders() == []


def test_a_rejected_short_signal_still_ends_a_long_position() -> None:
    desk = Desk(LONG_ONLY)
    desk.signal(1.0)
    desk.hold(50.0)
    desk.signal(-1.0)
    assert desk.decisions()[1]["decision"] == "rejected"
    assert (desk.orders()[1]["side"], desk.orders()[1]["target_weight"]) == ("SELL", 0.0)


def test_a_signal_to_be_flat_orders_nothing_where_nothing_is_held() -> None:
    desk = Desk(LONG_ONLY)
    desk.signal(0.0)
    assert desk.decisions()[0]["decision"] == "approved"
    assert desk.orders() == []


def test_the_side_of_an_order_follows_from_long_to_flat_to_short_to_long() -> None:
    desk = Desk(LONG_SHORT)
    for target, position in [(1.0, 50.0), (0.0, 0.0), (-1.0, -50.0), (1.0, 50.0)]:
        desk.signal(target)
        desk.hold(position)
    assert [order["side"] for order in desk.orders()] == ["BUY", "SELL", "SELL", "BUY"]


def test_a_fixed_number_of_shares_is_ordered_as_the_difference_from_what_is_held() -> None:
    desk = Desk(HUNDRED_SHARES)
    for target, position in [(1.0, 100.0), (-1.0, -100.0), (-0.5, -50.0)]:
        desk.signal(target)
        desk.hold(position)
    assert [(order["side"], order["quantity"]) for order in desk.orders()] == [
        ("BUY", 100.0),
        ("SELL", 200.0),
        ("BUY", 50.0),
    ]
    assert {order["target_weight"] for order in desk.orders()} == {None}


def test_no_order_follows_where_the_fixed_number_is_held_already() -> None:
    desk = Desk(HUNDRED_SHARES)
    desk.hold(100.0)
    desk.signal(1.0)
    assert len(desk.decisions()) == 1
    assert desk.orders() == []

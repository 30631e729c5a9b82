"""Protective exits: when a position is closed, at what price, and for which reason."""

from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import make_ohlc, payloads
from topologies.bars import Bars
from topologies.components.risk.exit_levels import ExitRules
from topologies.components.risk.exits import ProtectiveExits
from topologies.moments import Moment

QUIET = (100.0, 101.0, 99.5, 100.0)


class Desk:
    """Protection on a bus of its own; fills are made up, and orders not filled."""

    def __init__(
        self, bars: Bars, *, market_moment: Moment = Moment.OPEN, at_window_end: bool = False, **rules: Any
    ) -> None:
        self.bars, self.bus, tracer = bars, EventBus(), UnifiedTracer()
        self.bus.attach_tracer(tracer)
        self.events = tracer.events
        none: dict[str, Any] = dict.fromkeys(ExitRules.__slots__)
        protection = ExitRules(**none | rules)
        ProtectiveExits(self.bus, bars, protection, market_moment=market_moment, at_window_end=at_window_end)

    def fill(self, bar: int, price: float, position: float, moment: str = "open", reason: str | None = None) -> Event:
        self.bus.advance(bar - (moment == "open"))
        payload = {"symbol": "TEST", "bar": bar, "price": price, "position": position}
        event = Event("FILL", self.bars.timestamp(bar), "test", payload | {"moment": moment, "reason": reason})
        self.bus.publish(event)
        return event

    def orders(self) -> list[dict[str, Any]]:
        self.bus.advance(len(self.bars) - 1)
        return payloads(self.events, "ORDER")

    def exits(self) -> list[tuple[int, str, str, float]]:
        return [(order["bar"], order["moment"], order["reason"], order["price"]) for order in self.orders()]


@pytest.mark.parametrize(
    ("rules", "side", "bar", "expected"),
    [
        ({"stop_loss": 0.05}, 1.0, (99, 100, 94, 99), ("within", "stop_loss", 95.0)),
        ({"stop_loss": 0.05}, 1.0, (93, 100, 92, 99), ("open", "stop_loss", 93.0)),
        ({"stop_loss": 0.05}, 1.0, (99, 100, 95.5, 99), None),
        ({"stop_loss": 0.05}, -1.0, (99, 106, 98, 99), ("within", "stop_loss", 105.0)),
        ({"stop_loss": 0.05}, -1.0, (107, 108, 98, 99), ("open", "stop_loss", 107.0)),
        ({"take_profit": 0.05}, 1.0, (101, 106, 100, 101), ("within", "take_profit", 105.0)),
        ({"take_profit": 0.05}, 1.0, (108, 109, 100, 101), ("open", "take_profit", 108.0)),
        ({"take_profit": 0.05}, -1.0, (99, 100, 94, 99), ("within", "take_profit", 95.0)),
        # Both within one bar: the stop; but an open beyond the target comes before all else.
        ({"stop_loss": 0.05, "take_profit": 0.05}, 1.0, (100, 106, 94, 99), ("within", "stop_loss", 95.0)),
        ({"stop_loss": 0.05, "take_profit": 0.05}, 1.0, (106, 107, 94, 99), ("open", "take_profit", 106.0)),
        ({"stop_loss": 0.05, "trailing_stop": 0.02}, 1.0, (100, 100, 94, 99), ("within", "trailing_stop", 98.98)),
    ],
)
def test_a_position_is_closed_at_its_stop_or_target(
    rules: dict[str, Any],
    side: float,
    bar: tuple[float, float, float, float],
    expected: tuple[str, str, float] | None,
) -> None:
    desk = Desk(make_ohlc(QUIET, QUIET, bar, QUIET), **rules)
    desk.fill(1, 100.0, 10.0 * side)
    found = desk.exits()
    assert found == ([] if expected is None else [(2, *expected[:2], pytest.approx(expected[2]))])


def test_an_exit_is_an_order_of_its_own_caused_by_the_fill_that_opened() -> None:
    desk = Desk(make_ohlc(QUIET, QUIET, (99, 100, 94, 99)), stop_loss=0.05)
    opened = desk.fill(1, 100.0, 10.0)
    (order,) = desk.orders()
    (event,) = (event for event in desk.events if event.event_type == "ORDER")
    assert (event.causation_id, event.timestamp) == (opened.event_id, desk.bars.timestamp(2))
    assert (order["side"], order["order_type"], order["target_weight"]) == ("SELL", "stop", 0.0)
    assert order["stop_price"] == pytest.approx(95.0)


def test_a_stop_may_be_reached_within_the_bar_at_whose_open_the_position_was_opened() -> None:
    desk = Desk(make_ohlc(QUIET, (100, 110, 94, 99), QUIET), stop_loss=0.05, take_profit=0.05)
    desk.fill(1, 100.0, 10.0)
    assert desk.exits() == [(1, "within", "stop_loss", 95.0)]


def test_within_the_bar_of_a_fill_within_it_only_the_stop_can_be_reached() -> None:
    both = Desk(make_ohlc(QUIET, (100, 110, 94, 99), QUIET), stop_loss=0.05, take_profit=0.05)
    both.fill(1, 100.0, 10.0, "within")
    assert both.exits() == [(1, "within", "stop_loss", 95.0)]
    target = Desk(make_ohlc(QUIET, (100, 110, 94, 99), QUIET), take_profit=0.05)
    target.fill(1, 100.0, 10.0, "within")
    assert target.exits() == []


def test_what_a_bar_did_before_its_close_is_nothing_to_a_position_opened_there() -> None:
    desk = Desk(make_ohlc(QUIET, (100, 110, 90, 100), QUIET), stop_loss=0.05, take_profit=0.05, trailing_stop=0.05)
    desk.fill(1, 100.0, 10.0, "close")
    assert desk.exits() == []


def test_a_trailing_stop_follows_the_bars_before_and_not_the_high_of_its_own_bar() -> None:
    rising = make_ohlc(QUIET, (100, 101, 99, 101), (101, 120, 97, 118), (118, 119, 113, 114))
    desk = Desk(rising, trailing_stop=0.05)
    desk.fill(1, 100.0, 10.0)  # 101 × 0.95 is below 97; then 120 × 0.95 = 114 is above 113
    assert desk.exits() == [(3, "within", "trailing_stop", 114.0)]


@pytest.mark.parametrize(
    ("market_moment", "opened", "price"), [(Moment.OPEN, "open", 103.0), (Moment.CLOSE, "close", 104.0)]
)
def test_after_its_bars_a_position_is_closed_as_market_orders_are(
    market_moment: Moment, opened: str, price: float
) -> None:
    desk = Desk(make_ohlc(QUIET, QUIET, QUIET, (103, 105, 102, 104), QUIET), market_moment=market_moment, max_bars=2)
    desk.fill(1, 100.0, 10.0, opened)
    assert desk.exits() == [(3, opened, "max_bars", price)]


def test_levels_follow_the_average_price_of_what_was_bought() -> None:
    bars = make_ohlc(QUIET, QUIET, (120, 121, 119, 120), (105, 106, 104, 105), (105, 106, 95, 105))
    desk = Desk(bars, stop_loss=0.1)
    desk.fill(1, 100.0, 10.0)
    desk.fill(2, 120.0, 20.0)  # 110 on average
    assert desk.exits() == [(4, "within", "stop_loss", pytest.approx(99.0))]


def test_a_position_that_was_closed_otherwise_has_no_exit() -> None:
    desk = Desk(make_ohlc(QUIET, QUIET, QUIET, (50, 51, 49, 50)), stop_loss=0.05, max_bars=2)
    desk.fill(1, 100.0, 10.0)
    desk.fill(2, 100.0, 0.0)
    assert desk.orders() == []


def test_an_exit_is_ordered_once_until_the_strategy_trades_again() -> None:
    crash = (50.0, 51.0, 49.0, 50.0)
    desk = Desk(make_ohlc(QUIET, QUIET, crash, crash, crash, crash), stop_loss=0.05)
    desk.fill(1, 100.0, 10.0)
    desk.fill(3, 50.0, 6.0, "open", reason="stop_loss")  # four of ten were sold
    assert [order["bar"] for order in desk.orders()] == [2]
    desk = Desk(make_ohlc(QUIET, QUIET, crash, crash, crash, crash), stop_loss=0.05)
    desk.fill(1, 100.0, 10.0)
    desk.fill(4, 50.0, 6.0)
    assert [order["bar"] for order in desk.orders()] == [2, 4]


def test_what_is_held_at_the_last_close_is_closed_there_if_it_is_to_be() -> None:
    desk = Desk(make_ohlc(QUIET, QUIET, QUIET), at_window_end=True)
    desk.fill(1, 100.0, 10.0)
    assert desk.orders() == []
    desk.bus.publish(Event("WINDOW_END", desk.bars.timestamp(2), "test", {"bar": 2}))
    assert desk.exits() == [(2, "close", "window_end", 100.0)]


def test_an_exit_is_found_however_late_it_is() -> None:
    desk = Desk(make_ohlc(*[QUIET] * 1000, (99, 100, 94, 99), QUIET), stop_loss=0.05)
    desk.fill(1, 100.0, 10.0)
    assert [exit_[0] for exit_ in desk.exits()] == [1000]

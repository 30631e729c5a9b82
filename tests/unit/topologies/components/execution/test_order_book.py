"""The order book: what each type of order is filled at, within which bar, and what becomes of the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import make_ohlc, payloads
from topologies.bars import Bars
from topologies.components.execution.account import Account, Costs
from topologies.components.execution.order_book import OrderBook

QUIET = (100.0, 101.0, 99.0, 100.0)


class Exchange:
    """An order book over some bars, and all that was said on its bus."""

    def __init__(self, bars: Bars, *, fill: str = "next_open", cash: float = 100_000.0, **settings: Any) -> None:
        self.bars, self.bus, tracer = bars, EventBus(), UnifiedTracer()
        self.bus.attach_tracer(tracer)
        self.events = tracer.events
        account = Account(cash, Costs(slippage_bps=settings.pop("slippage_bps", 0.0)))
        OrderBook(self.bus, bars, account, fill=fill, **settings)

    def order(self, order_type: str = "market", side: str = "BUY", *, bar: int = 0, **terms: Any) -> Event:
        self.bus.advance(bar)
        size = {"target_weight": None, "quantity": 10.0} if "target_weight" not in terms else {"quantity": None}
        payload = {"symbol": "TEST", "bar": bar, "side": side, "order_type": order_type} | size | terms
        event = Event("ORDER", self.bars.timestamp(bar), "test", payload)
        self.bus.publish(event)
        return event

    def grant(self, granted: float, bar: int) -> None:
        self.bus.advance(bar)
        self.bus.publish(Event("RISK_DECISION", self.bars.timestamp(bar), "test", {"bar": bar, "granted": granted}))

    def said(self, event_type: str = "FILL") -> list[dict[str, Any]]:
        self.bus.advance(len(self.bars) - 1)
        return payloads(self.events, event_type)

    def filled(self) -> list[tuple[int, str, float]]:
        return [(fill["bar"], fill["moment"], fill["price"]) for fill in self.said()]


@pytest.mark.parametrize(
    ("order_type", "side", "prices", "bar", "filled"),
    [
        ("limit", "BUY", {"limit_price": 98.0}, (100, 101, 97, 99), ("within", 98.0)),
        ("limit", "BUY", {"limit_price": 98.0}, (96, 101, 95, 99), ("open", 96.0)),
        ("limit", "BUY", {"limit_price": 98.0}, (100, 101, 98, 99), ("within", 98.0)),
        ("limit", "BUY", {"limit_price": 98.0}, (100, 101, 98.5, 99), None),
        ("limit", "SELL", {"limit_price": 102.0}, (100, 103, 99, 101), ("within", 102.0)),
        ("limit", "SELL", {"limit_price": 102.0}, (104, 105, 99, 101), ("open", 104.0)),
        ("stop", "BUY", {"stop_price": 102.0}, (100, 103, 99, 101), ("within", 102.0)),
        ("stop", "BUY", {"stop_price": 102.0}, (104, 105, 99, 101), ("open", 104.0)),
        ("stop", "BUY", {"stop_price": 102.0}, (100, 101, 99, 101), None),
        ("stop", "SELL", {"stop_price": 98.0}, (100, 101, 97, 99), ("within", 98.0)),
        ("stop", "SELL", {"stop_price": 98.0}, (95, 101, 94, 99), ("open", 95.0)),
        # A stop-limit purchase: reached at 102, and no more than 103 is paid.
        ("stop_limit", "BUY", {"stop_price": 102.0, "limit_price": 103.0}, (100, 105, 99, 101), ("within", 102.0)),
        ("stop_limit", "BUY", {"stop_price": 102.0, "limit_price": 103.0}, (102.5, 105, 99, 101), ("open", 102.5)),
        ("stop_limit", "BUY", {"stop_price": 102.0, "limit_price": 103.0}, (106, 107, 102, 104), ("within", 103.0)),
        ("stop_limit", "BUY", {"stop_price": 102.0, "limit_price": 103.0}, (106, 107, 105, 106), None),
        # Here the low of 97 may have been before the stop was reached.
        ("stop_limit", "BUY", {"stop_price": 102.0, "limit_price": 98.0}, (100, 103, 97, 100), None),
    ],
)
def test_each_type_of_order_is_filled_as_its_prices_say(
    order_type: str,
    side: str,
    prices: dict[str, Any],
    bar: tuple[float, float, float, float],
    filled: tuple[str, float] | None,
) -> None:
    exchange = Exchange(make_ohlc(QUIET, bar))
    exchange.order(order_type, side, **prices)
    assert exchange.filled() == ([] if filled is None else [(1, *filled)])


def test_a_stop_limit_that_was_reached_is_a_limit_order_from_the_next_bar_on() -> None:
    exchange = Exchange(make_ohlc(QUIET, (100, 103, 97, 100), (100, 101, 97.5, 100)))
    exchange.order("stop_limit", stop_price=102.0, limit_price=98.0)
    assert exchange.filled() == [(2, "within", 98.0)]


def test_an_order_does_not_work_within_the_bar_at_whose_close_it_was_decided() -> None:
    exchange = Exchange(make_ohlc((100, 101, 90, 100), QUIET), fill="same_close")
    exchange.order("limit", limit_price=95.0)
    assert exchange.filled() == []


def test_slippage_makes_a_stop_worse_and_never_a_limit() -> None:
    bars = make_ohlc(QUIET, (100, 110, 90, 100))
    stop, limit = (Exchange(bars, slippage_bps=100.0) for _ in range(2))
    stop.order("stop", stop_price=105.0)
    limit.order("limit", limit_price=95.0)
    assert stop.filled() == [(1, "within", pytest.approx(106.05))]
    assert limit.filled() == [(1, "within", 95.0)]


@pytest.mark.parametrize(("side", "capped", "free"), [("BUY", 101.0, 103.0), ("SELL", 99.0, 97.0)])
def test_slippage_can_be_capped_at_the_range_of_the_bar(side: str, capped: float, free: float) -> None:
    prices = {}
    for cap_slippage in (True, False):
        exchange = Exchange(make_ohlc(QUIET, QUIET), slippage_bps=300.0, cap_slippage=cap_slippage)
        exchange.order(side=side)
        prices[cap_slippage] = exchange.filled()[0][2]
    assert prices == {True: pytest.approx(capped), False: pytest.approx(free)}


def test_an_order_far_off_is_found_however_late_it_is_reached() -> None:
    bars = make_ohlc(*[QUIET] * 500, (100, 101, 89, 100), QUIET)
    exchange = Exchange(bars)
    exchange.order("limit", limit_price=90.0)
    assert exchange.filled() == [(500, "within", 90.0)]


def test_an_unfilled_order_expires_after_its_bars() -> None:
    exchange = Exchange(make_ohlc(QUIET, QUIET, QUIET, (100, 101, 80, 100)))
    order = exchange.order("limit", limit_price=90.0, valid_bars=2)
    assert exchange.said("ORDER_EXPIRED") == [{"symbol": "TEST", "bar": 2, "order": order.event_id}]
    assert exchange.filled() == []


def test_an_order_is_filled_in_the_last_bar_that_it_is_valid_in() -> None:
    exchange = Exchange(make_ohlc(QUIET, QUIET, (100, 101, 80, 100), QUIET))
    exchange.order("limit", limit_price=90.0, valid_bars=2)
    assert exchange.filled() == [(2, "within", 90.0)]
    assert exchange.said("ORDER_EXPIRED") == []


def change_intent(exchange: Exchange) -> None:
    exchange.grant(0.0, bar=1)  # as it was
    exchange.grant(0.5, bar=2)


def replace_order(exchange: Exchange) -> None:
    exchange.order("limit", limit_price=1.0, bar=2)


@pytest.mark.parametrize("end", [change_intent, replace_order])
def test_an_order_is_cancelled_by_a_change_of_intent_and_by_another_order(end: Callable[[Exchange], None]) -> None:
    exchange = Exchange(make_ohlc(QUIET, QUIET, QUIET, (100, 101, 80, 100)))
    order = exchange.order("limit", limit_price=90.0)
    end(exchange)
    (cancelled,) = exchange.said("ORDER_CANCELLED")
    assert (cancelled["order"], cancelled["bar"]) == (order.event_id, 2)
    assert exchange.filled() == []


def test_what_exceeds_the_share_of_the_volume_is_carried_over() -> None:
    rows = (QUIET, QUIET, (102, 103, 101, 102), (104, 105, 103, 104), QUIET)
    exchange = Exchange(make_ohlc(*rows, volume=40.0), volume_cap=0.1)
    exchange.order()
    assert [(fill["bar"], fill["price"], fill["quantity"]) for fill in exchange.said()] == [
        (1, 100.0, 4.0),
        (2, 102.0, 4.0),
        (3, 104.0, 2.0),
    ]


def test_an_order_to_a_weight_is_for_as_many_shares_as_at_its_first_fill() -> None:
    rows = (QUIET, QUIET, (50, 51, 49, 50), (50, 51, 49, 50))
    exchange = Exchange(make_ohlc(*rows, volume=40.0), volume_cap=0.1, cash=2000.0)
    exchange.order(target_weight=0.25)  # 500 of 2000 at 100
    assert [fill["quantity"] for fill in exchange.said()] == [4.0, 1.0]


def test_what_the_cash_does_not_cover_any_more_is_not_carried_over() -> None:
    rows = (QUIET, QUIET, (200, 201, 199, 200), (200, 201, 199, 200))
    exchange = Exchange(make_ohlc(*rows, volume=40.0), volume_cap=0.1, cash=500.0)
    exchange.order(target_weight=1.0)  # five shares at 100, of which one is left to pay with 100 at 200
    fills = exchange.said()
    assert [fill["quantity"] for fill in fills] == [4.0, 0.5]
    assert fills[-1]["cash"] == 0.0


def test_a_limit_order_carries_its_rest_over_as_a_limit_order() -> None:
    rows = (QUIET, (100, 101, 97, 99), QUIET, (96, 98, 95, 97))
    exchange = Exchange(make_ohlc(*rows, volume=60.0), volume_cap=0.1)
    exchange.order("limit", limit_price=98.0)
    assert exchange.filled() == [(1, "within", 98.0), (3, "open", 96.0)]


def test_an_order_waits_where_a_bar_has_no_volume() -> None:
    exchange = Exchange(make_ohlc(QUIET, QUIET, volume=0.0), volume_cap=0.5)
    exchange.order()
    assert (exchange.filled(), exchange.said("ORDER_REJECTED")) == ([], [])


def test_an_order_that_the_cash_does_not_cover_is_rejected() -> None:
    exchange = Exchange(make_ohlc(QUIET, QUIET), cash=500.0)
    exchange.order()
    assert (len(exchange.said("ORDER_REJECTED")), exchange.filled()) == (1, [])

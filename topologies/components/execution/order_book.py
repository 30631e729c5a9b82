"""The order book: a broker that works an order over as many bars as it takes, and fills protective exits."""

from dataclasses import dataclass
from functools import partial
from math import copysign, inf, nan

import numpy as np

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import Bars
from topologies.components.execution.account import Account
from topologies.components.execution.broker import NOTHING_TO_TRADE, fill_convention, fill_payload, market_moment
from topologies.moments import Moment

_FIRST_BARS = 64


@dataclass(slots=True, eq=False)
class _Work:
    """An order at work; `kind` is what it has become: a stop that was reached is a market order.

    `side` is 1.0 for a purchase and -1.0 for a sale; 0.0 where the price of the fill decides it. `missing` are signed
    shares, None until the first fill of an order to a weight, whose price says how many that is.
    """

    order: Event
    kind: str
    side: float
    limit: float
    missing: float | None


class OrderBook:
    """Works one order at a time: another one, or a change of what is granted, cancels it.

    Market orders are filled as the convention `fill` says; others work from the bar after the decision on. An order
    with a `reason` is a protective exit, which meets the market at the bar, moment and price that it names. No bar
    gives more than `volume_cap` of its volume, whatever trades there; the rest of an order is carried over.
    """

    def __init__(
        self,
        bus: Bus,
        bars: Bars,
        account: Account,
        *,
        fill: str,
        volume_cap: float | None = None,
        cap_slippage: bool = False,
    ) -> None:
        self._bus = bus
        self._bars = bars
        self._account = account
        self._delay, self._prices = fill_convention(fill, bars)
        self._market_moment = market_moment(fill)
        self._volume_cap = volume_cap
        self._cap_slippage = cap_slippage
        self._work: _Work | None = None
        self._granted = 0.0
        self._traded_at, self._traded = -1, 0.0
        bus.subscribe("RISK_DECISION", self.on_decision)
        bus.subscribe("ORDER", self.on_order)

    def on_decision(self, decision: Event) -> None:
        """Cancel the order of an intent that is no more, also where nothing is ordered in its place."""
        granted = decision.payload["granted"]
        if granted != self._granted:
            self._granted = granted
            self._cancel(decision, "what is granted has changed")

    def on_order(self, order: Event) -> None:
        request = order.payload
        self._cancel(order, "another order replaces it")
        kind, bar, protective = request["order_type"], request["bar"], "reason" in request
        side = 1.0 if request["side"] == "BUY" else -1.0
        missing = None if request["quantity"] is None else side * request["quantity"]
        side = 0.0 if kind == "market" and not protective else side
        work = self._work = _Work(order, kind, side, request.get("limit_price", nan), missing)
        if protective:
            self._trade(work, bar, Moment[request["moment"].upper()], request["price"])
            return
        if (valid_bars := request.get("valid_bars")) is not None:
            expiry = bar + valid_bars
            self._bus.schedule(expiry, partial(self._expire, work, expiry), order, Moment.AFTER_CLOSE)
        if kind != "market":
            self._look(work, bar + 1, _FIRST_BARS, order)
        elif self._delay:
            self._schedule_market(work, bar + self._delay)
        else:
            self._trade_at_market(work, bar, order)

    def _schedule_market(self, work: _Work, bar: int) -> None:
        self._bus.schedule(bar, partial(self._trade_at_market, work, bar), work.order, self._market_moment)

    def _trade_at_market(self, work: _Work, bar: int, _: Event) -> None:
        if work is self._work:
            self._trade(work, bar, self._market_moment, float(self._prices[bar]))

    def _look(self, work: _Work, first: int, count: int, order: Event) -> None:
        """Schedule the first of `count` bars that reaches the order's stop, or limit, or to look further."""
        if work is not self._work or first >= len(self._bars):
            return
        end = min(first + count, len(self._bars))
        level: float = work.limit if work.kind == "limit" else order.payload["stop_price"]
        falls = (work.kind == "limit") == (work.side > 0.0)  # the price falls to a limit of a purchase, rises to a stop
        reached = self._bars.low[first:end] <= level if falls else self._bars.high[first:end] >= level
        hits = np.flatnonzero(reached)
        if not len(hits):
            further = partial(self._look, work, end, 2 * count)
            self._bus.schedule(end - 1, further, order, Moment.AFTER_CLOSE)
            return
        bar = first + int(hits[0])
        opened = float(self._bars.open[bar])
        gapped = opened <= level if falls else opened >= level
        moment, price = (Moment.OPEN, opened) if gapped else (Moment.WITHIN, level)
        self._bus.schedule(bar, partial(self._reach, work, bar, moment, price), order, moment)

    def _reach(self, work: _Work, bar: int, moment: Moment, price: float, order: Event) -> None:
        """Trade at the `price` of a stop or limit, but for a stop-limit order whose limit does not allow it.

        That becomes a limit order. Within the same bar it is filled only if the bar opened beyond the stop: else its
        limit may have been reached before the stop.
        """
        if work is not self._work:
            return
        if work.kind == "stop_limit":
            work.kind = "limit"
            if work.side * price > work.side * work.limit:
                self._look(work, bar if moment is Moment.OPEN else bar + 1, _FIRST_BARS, order)
                return
        elif work.kind == "stop":
            work.kind = "market"
        self._trade(work, bar, moment, price)

    def _trade(self, work: _Work, bar: int, moment: Moment, market_price: float) -> None:
        """Fill what the bar's volume allows, and carry over the rest."""
        buy, sell = self._fill_prices(work, bar, market_price)
        wanted = self._wanted(work, buy, sell)
        most = self._most(bar)
        carried = abs(wanted) > most
        quantity = self._account.tradable(copysign(most, wanted)) if carried else wanted
        price = buy if quantity > 0.0 else sell
        fill = None
        if quantity:
            within_cash = work.order.payload["target_weight"] is None
            fill = self._account.trade(quantity, price, market_price, within_cash=within_cash)
        if fill is not None:
            self._traded_at, self._traded = bar, abs(quantity) + (self._traded if self._traded_at == bar else 0.0)
            work.missing = wanted - quantity
            reason = work.order.payload.get("reason")
            payload = fill_payload(self._bars.symbol, bar, fill) | {"moment": moment.name.lower(), "reason": reason}
            self._publish("FILL", bar, payload)
        elif quantity or not carried:
            self._publish("ORDER_REJECTED", bar, {"reason": NOTHING_TO_TRADE})
            carried = False
        if carried:
            self._carry_over(work, bar + 1)
        else:
            self._work = None

    def _fill_prices(self, work: _Work, bar: int, market_price: float) -> tuple[float, float]:
        """What is bought and sold at: after slippage, but within the limit and, where that is asked for, the bar."""
        buy, sell = market_price * self._account.buy_factor, market_price * self._account.sell_factor
        if self._cap_slippage:
            buy, sell = min(buy, float(self._bars.high[bar])), max(sell, float(self._bars.low[bar]))
        if work.kind == "limit":
            buy, sell = min(buy, work.limit), max(sell, work.limit)
        return buy, sell

    def _wanted(self, work: _Work, buy: float, sell: float) -> float:
        """The signed shares that the order still asks for; 0 where they would be on the other side by now."""
        weight: float | None = work.order.payload["target_weight"]
        if weight is not None and (work.missing is None or weight == 0.0):
            wanted = self._account.shares_to_weight(weight, buy, sell)
        else:
            assert work.missing is not None
            wanted = self._account.tradable(work.missing)
            if weight is not None and wanted > 0.0:
                wanted = min(wanted, self._account.affordable(self._account.cash, buy))
        return wanted if wanted * work.side >= 0.0 else 0.0

    def _most(self, bar: int) -> float:
        if self._volume_cap is None:
            return inf
        traded = self._traded if self._traded_at == bar else 0.0
        return max(self._volume_cap * float(self._bars.volume[bar]) - traded, 0.0)

    def _carry_over(self, work: _Work, bar: int) -> None:
        if work.kind == "limit" and "reason" not in work.order.payload:
            self._look(work, bar, _FIRST_BARS, work.order)
        else:
            work.kind = "market"  # an exit that was reached, above all
            self._schedule_market(work, bar)

    def _expire(self, work: _Work, bar: int, _: Event) -> None:
        if work is self._work:
            self._work = None
            self._publish("ORDER_EXPIRED", bar, {"order": work.order.event_id})

    def _cancel(self, cause: Event, reason: str) -> None:
        if self._work is not None:
            payload = {"order": self._work.order.event_id, "reason": reason}
            self._work = None
            self._publish("ORDER_CANCELLED", cause.payload["bar"], payload)

    def _publish(self, event_type: str, bar: int, payload: dict[str, object]) -> None:
        payload = {"symbol": self._bars.symbol, "bar": bar} | payload
        self._bus.publish(Event(event_type, self._bars.timestamp(bar), "broker", payload))

"""A simulator that walks every bar in plain Python: slow and obvious, for the engine to be held against.

It knows commission and slippage in basis points, and nothing of numpy, events or the components under test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, trunc
from typing import Any

from topologies.bars import Bars


@dataclass
class Order:
    """What is at work: `side` 0 for a market order that may yet be either, `rest` after the first fill to a weight.

    A bar that met it once, at `met_bar`, has given what it gives: the rest waits for the next.
    """

    bar: int
    kind: str
    side: int
    weight: float | None
    quantity: float | None
    limit: float | None = None
    stop: float | None = None
    reason: str | None = None
    rest: float | None = None
    met_bar: int = -1


@dataclass
class BarByBar:
    """One account over the bars; `fills` are (bar, moment, signed quantity, price, cash, position, reason)."""

    config: dict[str, Any]
    bars: Bars
    fills: list[tuple[Any, ...]] = field(default_factory=list)
    expired: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.execution, self.risk = self.config["execution"], self.config["risk"]
        self.at_open = self.execution["fill"] == "next_open"
        self.cash, self.position = self.execution["cash"], 0.0
        self.order: Order | None = None
        self.entry, self.best, self.opened_bar = 0.0, 0.0, 0
        self.bar_counts = self.exiting = False
        self.traded = 0.0

    def run(self, targets: Sequence[float]) -> None:
        """Walk the bars from the configured start on; before it the intent is flat."""
        start, previous, granted = self.config["bars"]["start"], 0.0, 0.0
        for bar in range(start, len(self.bars)):
            self.open, self.high, self.low, self.close, self.volume = (
                float(getattr(self.bars, name)[bar]) for name in ("open", "high", "low", "close", "volume")
            )
            self.bar, self.traded, self.bar_counts = bar, 0.0, self.position != 0.0
            self.walk_bar()
            if targets[bar] != previous:
                previous = targets[bar]
                lowest = -self.risk["max_weight"] if self.risk["allow_short"] else 0.0
                wanted = min(max(previous, lowest), self.risk["max_weight"])
                if wanted != granted:
                    granted = wanted
                    self.decide(granted)
            if not self.at_open:
                self.end_of_time(self.close, "close")
            if self.bar_counts and self.position:
                self.best = self.better(self.best, self.high if self.position > 0 else self.low)
        if self.execution["at_end"] == "close" and self.position:
            self.exit(self.close, "close", "window_end")

    def walk_bar(self) -> None:
        order = self.order
        if order and order.kind == "market" and self.at_open and self.is_due(order):
            self.fill(order, self.open, "open")
        elif order and order.kind != "market":
            self.reach(order, at_open=True)
        if self.at_open:
            self.end_of_time(self.open, "open")
        self.stop_or_target()
        order = self.order
        if order and order.kind != "market" and order.bar < self.bar:
            self.reach(order, at_open=False)
        order = self.order
        if order and order.kind == "market" and not self.at_open and self.is_due(order):
            self.fill(order, self.close, "close")
        if not self.at_open:
            self.end_of_time(self.close, "close")
        valid = self.execution["order"]["valid_bars"]
        if self.order and not self.order.reason and valid is not None and self.bar >= self.order.bar + valid:
            self.expired.append(self.bar)
            self.order = None

    def is_due(self, order: Order) -> bool:
        """A market order of an earlier bar."""
        return order.bar < self.bar

    def decide(self, granted: float) -> None:
        """The intent has changed: what is at work is cancelled, and what is missing ordered."""
        self.order = None
        if granted == 0.0 and self.position == 0.0:
            return
        sizing, params = self.risk["sizing"], self.risk["params"]
        weight = quantity = None
        if sizing == "all_in":
            weight, held = granted * params["fraction"], self.position * self.close
            side = 1 if weight * (self.cash + held) > held else -1
        else:
            shares = params["quantity"] if sizing == "fixed_shares" else params["amount"] / self.close
            quantity = granted * shares - self.position
            if quantity == 0.0:
                return
            side = 1 if quantity > 0 else -1
        terms = self.execution["order"]
        order = Order(self.bar, terms["type"], side, weight, quantity)
        if order.kind == "market":
            order.side = 0
        if "limit" in order.kind:
            order.limit = self.close * (1.0 - side * terms["limit_bps"] / 1e4)
        if "stop" in order.kind:
            order.stop = self.close * (1.0 + side * terms["stop_bps"] / 1e4)
        self.order = order
        if order.kind == "market" and self.execution["fill"] == "same_close":
            self.fill(order, self.close, "close")

    def reach(self, order: Order, *, at_open: bool) -> None:
        """Whether a stop or limit is met: at the open, if the bar opens at it or beyond, else within the bar."""
        if order.met_bar == self.bar:
            return
        buys, kind = order.side > 0, order.kind
        if "stop" in kind:
            assert order.stop is not None
            if at_open:
                triggered, price = (self.open >= order.stop if buys else self.open <= order.stop), self.open
            else:
                triggered, price = (self.high >= order.stop if buys else self.low <= order.stop), order.stop
            if not triggered:
                return
            if kind == "stop":
                order.kind = "market"
                self.fill(order, price, "open" if at_open else "within")
                return
            order.kind = "limit"
            assert order.limit is not None
            if price <= order.limit if buys else price >= order.limit:
                self.fill(order, price, "open" if at_open else "within")
            # Else it is a limit order now; opened beyond the stop, this bar may come back to the limit.
            return
        assert order.limit is not None
        if at_open:
            if self.open <= order.limit if buys else self.open >= order.limit:
                self.fill(order, self.open, "open")
        elif self.low <= order.limit if buys else self.high >= order.limit:
            self.fill(order, order.limit, "within")

    def stop_or_target(self) -> None:
        """Protection of what is held since the open or longer."""
        if not self.position or self.exiting:
            return
        stop, reason = self.stop_level()
        target = self.level(self.risk["take_profit"], 1.0)
        opened, worst, best = self.open, *((self.low, self.high) if self.position > 0 else (self.high, self.low))
        if stop is not None and self.is_worse(opened, stop):
            self.exit(opened, "open", reason)
        elif target is not None and self.is_worse(target, opened):
            self.exit(opened, "open", "take_profit", target)
        elif stop is not None and self.is_worse(worst, stop):
            self.exit(stop, "within", reason)
        elif target is not None and self.is_worse(target, best):
            self.exit(target, "within", "take_profit", target)

    def stop_after_fill_within(self) -> None:
        """The bar's worst price may have come before the fill; the stop wins."""
        stop, reason = self.stop_level()
        if stop is not None and self.is_worse(self.low if self.position > 0 else self.high, stop):
            self.exit(stop, "within", reason)

    def stop_level(self) -> tuple[float | None, str]:
        fixed = self.level(self.risk["stop_loss"], -1.0)
        rate, side = self.risk["trailing_stop"], 1.0 if self.position > 0 else -1.0
        trailing = None if rate is None else self.best * (1.0 - side * rate)
        if trailing is None or (fixed is not None and self.is_worse(trailing, fixed)):
            return fixed, "stop_loss"
        return trailing, "trailing_stop"

    def level(self, rate: float | None, direction: float) -> float | None:
        side = 1.0 if self.position > 0 else -1.0
        return None if rate is None else self.entry * (1.0 + direction * side * rate)

    def is_worse(self, price: float, than: float) -> bool:
        """For the position, or as bad."""
        return price <= than if self.position > 0 else price >= than

    def better(self, one: float, other: float) -> float:
        return max(one, other) if self.position > 0 else min(one, other)

    def end_of_time(self, price: float, moment: str) -> None:
        longest = self.risk["max_bars"]
        if self.position and not self.exiting and longest is not None and self.bar >= self.opened_bar + longest:
            self.exit(price, moment, "max_bars")

    def exit(self, price: float, moment: str, reason: str, limit: float | None = None) -> None:
        """Sell (or buy back) everything; it takes the place of whatever is at work."""
        side = -1 if self.position > 0 else 1
        self.order = Order(self.bar, "limit" if limit else "market", side, 0.0, None, limit=limit, reason=reason)
        self.exiting = True
        self.fill(self.order, price, moment)

    def fill(self, order: Order, market_price: float, moment: str) -> None:
        order.met_bar = self.bar
        slip = self.execution["slippage_bps"] / 1e4
        buy, sell = market_price * (1.0 + slip), market_price * (1.0 - slip)
        if self.execution["slippage_cap"] == "bar_range":
            buy, sell = min(buy, self.high), max(sell, self.low)
        if order.kind == "limit":
            assert order.limit is not None
            buy, sell = min(buy, order.limit), max(sell, order.limit)
        wanted = self.wanted(order, buy, sell)
        cap = self.execution["volume_cap"]
        most = inf if cap is None else max(cap * self.volume - self.traded, 0.0)
        carried = abs(wanted) > most
        quantity = self.whole(most if wanted > 0 else -most) if carried else wanted
        price = buy if quantity > 0 else sell
        cost = quantity * price + abs(quantity) * price * self.execution["commission"]["bps"] / 1e4
        self.order = order if carried else None
        if quantity > 0 and cost > self.cash and order.quantity is not None:
            self.order = None  # shares that the cash does not cover are not bought
            return
        if order.reason and carried:
            order.kind = "market"
        if quantity:
            order.rest = wanted - quantity
            self.book(order, quantity, price, cost, moment)

    def wanted(self, order: Order, buy: float, sell: float) -> float:
        fee = self.execution["commission"]["bps"] / 1e4
        if order.quantity is not None:
            wanted = self.whole(order.quantity)
        elif order.weight == 0.0:
            wanted = -self.position
        elif order.rest is not None:
            wanted = (
                min(order.rest, self.whole(max(self.cash, 0.0) / (buy * (1.0 + fee)))) if order.rest > 0 else order.rest
            )
        elif order.weight * (self.cash + self.position * buy) > self.position * buy:
            missing = order.weight * (self.cash + self.position * buy) - self.position * buy
            wanted = self.whole(max(min(missing, self.cash), 0.0) / (buy * (1.0 + fee)))
        else:
            missing = order.weight * (self.cash + self.position * sell) - self.position * sell
            wanted = self.whole(min(missing, 0.0) / sell)
        return wanted if wanted * order.side >= 0 else 0.0

    def whole(self, quantity: float) -> float:
        return float(trunc(quantity)) if self.execution["shares"] == "whole" else quantity

    def book(self, order: Order, quantity: float, price: float, cost: float, moment: str) -> None:
        before = self.position
        self.cash, self.position, self.traded = self.cash - cost, before + quantity, self.traded + abs(quantity)
        if order.quantity is not None:
            order.quantity -= quantity
        self.fills.append((self.bar, moment, quantity, price, self.cash, self.position, order.reason))
        if before * self.position <= 0.0:
            self.entry, self.best, self.opened_bar, self.bar_counts = price, price, self.bar, moment == "open"
        elif abs(self.position) > abs(before):
            self.entry = (self.entry * before + price * quantity) / self.position
        if moment == "within":
            self.bar_counts = False
        if order.reason is None or self.position == 0.0:
            self.exiting = False
        if order.reason is None and moment == "within" and self.position:
            self.stop_after_fill_within()

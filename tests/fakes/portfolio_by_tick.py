"""A simulator that walks a portfolio's clock in plain Python, for the legs on the bus to be held against.

It knows market orders, commission and slippage in basis points, and nothing of numpy, events or the components.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import trunc
from statistics import median
from typing import Any

from topologies.bars import Bars


@dataclass
class PlainLeg:
    """A leg's bars as lists, what it wants at each of them, and where it stands."""

    name: str
    weight: float
    bars: Bars
    targets: Sequence[float]
    position: float = 0.0
    wanted: float = 0.0
    granted: float = 0.0
    order: tuple[int, float, bool] | None = None  # bar of the fill, weight, whether it looked like a purchase
    opened: int = -1  # the bars that have opened, and closed
    closed: int = -1

    def __post_init__(self) -> None:
        self.time = self.bars.time_ns.tolist()
        self.open, self.close = self.bars.open.tolist(), self.bars.close.tolist()
        steps = [later - earlier for earlier, later in zip(self.time, self.time[1:], strict=False)]
        usual = int(median(steps)) if steps else 1
        nexts = [*self.time[1:], self.time[-1] + usual]
        self.end = [min(time + usual, following) for time, following in zip(self.time, nexts, strict=True)]


@dataclass
class PortfolioByTick:
    """`fills` are (leg, bar, signed quantity, price, cash, position); `equity` is that after each tick."""

    execution: dict[str, Any]
    risk: dict[str, Any]
    rebalance: str
    legs: list[PlainLeg]
    fills: list[tuple[Any, ...]] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    reduced: list[tuple[str, int]] = field(default_factory=list)

    def run(self) -> None:
        self.cash = self.execution["cash"]
        self.prices = dict.fromkeys((leg.name for leg in self.legs), 0.0)
        clock = {time for leg in self.legs for time in leg.time}
        for now in sorted(clock.union(*(leg.end for leg in self.legs))):
            self.close_bars([leg for leg in self.legs if leg.opened > leg.closed and leg.end[leg.opened] == now])
            if now in clock:
                self.equity.append(self.worth())
                self.open_bars([leg for leg in self.legs if now in leg.time])
        self.equity = [*self.equity[1:], self.worth()]  # that after a tick is that before the next

    def open_bars(self, legs: list[PlainLeg]) -> None:
        for leg in legs:
            leg.opened += 1
            self.prices[leg.name] = leg.open[leg.opened]
        if self.execution["fill"] == "next_open":
            self.trade(legs, "open")

    def close_bars(self, legs: list[PlainLeg]) -> None:
        for leg in legs:
            leg.closed = leg.opened
            self.prices[leg.name] = leg.close[leg.closed]
        if self.execution["fill"] == "next_close":
            self.trade(legs, "close")
        for leg in legs:
            self.decide(leg)
        if self.execution["fill"] == "same_close":
            self.trade(legs, "close")
        for leg in legs:
            if self.execution["at_end"] == "close" and leg.closed == len(leg.time) - 1 and leg.position:
                self.fill(leg, leg.closed, 0.0, leg.close[-1])

    def worth(self) -> float:
        return self.cash + sum(leg.position * self.prices[leg.name] for leg in self.legs)

    def decide(self, leg: PlainLeg) -> None:
        bar = leg.closed
        changed = leg.targets[bar] != leg.wanted
        leg.wanted = leg.targets[bar]
        lowest = -self.risk["max_weight"] if self.risk["allow_short"] else 0.0
        granted = min(max(leg.wanted, lowest), self.risk["max_weight"])
        if changed:
            again = granted == leg.granted
        else:
            again = not (leg.wanted and leg.position and bar and self.is_new_period(leg.time[bar - 1], leg.time[bar]))
        leg.granted = granted
        if again or (granted == 0.0 and leg.position == 0.0):
            return
        weight = granted * leg.weight
        held = leg.position * leg.close[bar]
        buys = weight * (self.worth_beside(leg) + held) > held
        leg.order = (bar + (self.execution["fill"] != "same_close"), weight, buys)

    def is_new_period(self, before_ns: int, now_ns: int) -> bool:
        before, now = (
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=t // 1000) for t in (before_ns, now_ns)
        )
        match self.rebalance:
            case "weekly":
                return before.isocalendar()[:2] != now.isocalendar()[:2]
            case "monthly":
                return (before.year, before.month) != (now.year, now.month)
            case "quarterly":
                return (before.year, (before.month - 1) // 3) != (now.year, (now.month - 1) // 3)
        return False

    def worth_beside(self, leg: PlainLeg) -> float:
        return self.cash + sum(other.position * self.prices[other.name] for other in self.legs if other is not leg)

    def trade(self, legs: list[PlainLeg], price: str) -> None:
        """What is due: sales before purchases, then in the order of the legs."""
        for purchases in (False, True):
            for leg in legs:
                bar = leg.opened if price == "open" else leg.closed
                if leg.order and leg.order[0] == bar and leg.order[2] is purchases:
                    weight, leg.order = leg.order[1], None
                    self.fill(leg, bar, weight, getattr(leg, price)[bar])

    def fill(self, leg: PlainLeg, bar: int, weight: float, market_price: float) -> None:
        slip, fee = self.execution["slippage_bps"] / 1e4, self.execution["commission"]["bps"] / 1e4
        buy, sell = market_price * (1.0 + slip), market_price * (1.0 - slip)
        funds, reduced = self.worth_beside(leg), False
        if weight == 0.0:
            quantity = -leg.position
        elif (missing := weight * (funds + leg.position * buy) - leg.position * buy) > 0.0:
            reduced = missing > self.cash * (1.0 + 1e-7)
            quantity = self.whole(max(min(missing, self.cash), 0.0) / (buy * (1.0 + fee)))
        else:
            missing = weight * (funds + leg.position * sell) - leg.position * sell
            quantity = self.whole(min(missing, 0.0) / sell)
        if not quantity:
            return
        price = buy if quantity > 0.0 else sell
        self.cash -= quantity * price + abs(quantity) * price * fee
        leg.position += quantity
        self.fills.append((leg.name, bar, quantity, price, self.cash, leg.position))
        if reduced:
            self.reduced.append((leg.name, bar))

    def whole(self, quantity: float) -> float:
        return float(trunc(quantity)) if self.execution["shares"] == "whole" else quantity

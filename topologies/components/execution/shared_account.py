"""One account that several legs trade in: its cash is common, each leg has a position of its own."""

from collections.abc import Sequence

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import Bars, FloatArray
from topologies.components.execution.account import Account, Costs

_ROUNDING = 1e-9


class SharedCash:
    """The cash of all legs of one account."""

    __slots__ = ("amount",)

    def __init__(self, amount: float) -> None:
        self.amount = amount


class LegAccount(Account):
    """What one leg sees of the account: the cash of all, its own position, and what those of the `others` are worth.

    `uncovered` is the money that the last purchase to a weight would have taken beyond the cash.
    """

    __slots__ = ("_shared", "uncovered")

    def __init__(self, shared: SharedCash, costs: Costs) -> None:
        self._shared = shared
        self.uncovered = 0.0
        super().__init__(shared.amount, costs)

    @property
    def cash(self) -> float:
        return self._shared.amount

    @cash.setter
    def cash(self, amount: float) -> None:
        self._shared.amount = amount

    def funds(self) -> float:
        """What the account is worth beside this leg's position."""
        return self.cash + self.others

    def shares_to_weight(self, weight: float, buy_price: float, sell_price: float) -> float:
        value = self.position * buy_price
        missing = weight * (self.funds() + value) - value if weight else 0.0
        uncovered = missing - self.cash
        self.uncovered = uncovered if uncovered > _ROUNDING * missing > 0.0 else 0.0
        return super().shares_to_weight(weight, buy_price, sell_price)


class SharedAccount:
    """The account of several legs; `marks` say what a share of each is worth at each instant of their clock."""

    def __init__(self, cash: float, costs: Costs, marks: Sequence[FloatArray]) -> None:
        shared = SharedCash(cash)
        self.legs = tuple(LegAccount(shared, costs) for _ in marks)
        self._marks = marks

    def value_others(self, leg: LegAccount, instant: int) -> None:
        """Let `leg` know what the positions of the others are worth at `instant`."""
        leg.others = sum(
            (
                other.position * float(marks[instant])
                for other, marks in zip(self.legs, self._marks, strict=True)
                if other is not leg and other.position
            ),
            0.0,
        )


class CashLimit:
    """Says by ORDER_REDUCED, after the FILL, that a leg's purchase was smaller for want of cash; `wanted` is money."""

    def __init__(self, bus: Bus, bars: Bars, account: LegAccount) -> None:
        self._bus = bus
        self._bars = bars
        self._account = account
        bus.subscribe("FILL", self.on_fill)

    def on_fill(self, fill: Event) -> None:
        uncovered, self._account.uncovered = self._account.uncovered, 0.0
        if uncovered:
            bought = fill.payload["quantity"] * fill.payload["price"] + fill.payload["commission"]
            bar = fill.payload["bar"]
            payload = {
                "symbol": self._bars.symbol,
                "bar": bar,
                "wanted": bought + uncovered,
                "bought": bought,
                "reason": "cash",
            }
            self._bus.publish(Event("ORDER_REDUCED", self._bars.timestamp(bar), "broker", payload))

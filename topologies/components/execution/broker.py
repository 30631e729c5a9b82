"""The simulated broker: turns an ORDER into a FILL at the bar and price that the fill convention says."""

from typing import Any

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import Bars, FloatArray
from topologies.components.execution.account import Account, Fill
from topologies.moments import Moment

# Each fill convention: how many bars after the decision, and at which price of that bar.
FILL_CONVENTIONS: dict[str, tuple[int, str]] = {
    "next_open": (1, "open"),
    "next_close": (1, "close"),
    "same_close": (0, "close"),
}
NOTHING_TO_TRADE = "nothing to trade within the cash"


def fill_convention(name: str, bars: Bars) -> tuple[int, FloatArray]:
    """Delay in bars, and the column of prices that fills are made at."""
    delay, column = FILL_CONVENTIONS[name]
    return delay, getattr(bars, column)


def market_moment(name: str) -> Moment:
    """When in a bar the convention's fills are."""
    return Moment.OPEN if FILL_CONVENTIONS[name][1] == "open" else Moment.CLOSE


def fill_payload(symbol: str, bar: int, fill: Fill) -> dict[str, Any]:
    """What a FILL says."""
    return {
        "symbol": symbol,
        "bar": bar,
        "side": "BUY" if fill.quantity > 0 else "SELL",
        "quantity": abs(fill.quantity),
        "price": fill.price,
        "commission": fill.commission,
        "slippage": fill.slippage,
        "cash": fill.cash,
        "position": fill.position,
    }


class SimulatedBroker:
    """Fills market orders from the account; an order whose bar does not come any more stays unfilled."""

    def __init__(self, bus: Bus, bars: Bars, account: Account, *, fill: str) -> None:
        self._bus = bus
        self._bars = bars
        self._account = account
        self._delay, self._prices = fill_convention(fill, bars)
        self._moment = market_moment(fill)
        bus.subscribe("ORDER", self.on_order)

    def on_order(self, order: Event) -> None:
        if self._delay:
            self._bus.schedule(order.payload["bar"] + self._delay, self.execute, order, self._moment)
        else:
            self.execute(order)

    def execute(self, order: Event) -> None:
        request = order.payload
        bar = request["bar"] + self._delay
        price = float(self._prices[bar])
        if request["target_weight"] is not None:
            fill = self._account.fill_to_weight(request["target_weight"], price)
        else:
            sign = 1.0 if request["side"] == "BUY" else -1.0
            fill = self._account.fill_quantity(sign * request["quantity"], price)
        timestamp = self._bars.timestamp(bar)
        if fill is None:
            payload = {"symbol": request["symbol"], "bar": bar, "reason": NOTHING_TO_TRADE}
            self._bus.publish(Event("ORDER_REJECTED", timestamp, "broker", payload))
        else:
            self._bus.publish(Event("FILL", timestamp, "broker", fill_payload(request["symbol"], bar, fill)))

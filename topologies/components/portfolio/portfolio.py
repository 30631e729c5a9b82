"""The portfolio: positions, updates and, at the end, the equity curve of what was filled."""

from array import array
from collections.abc import Callable

import numpy as np

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import Bars
from topologies.components.portfolio.equity import mark_to_market
from topologies.components.portfolio.trade_book import ClosedTrade, OpenedTrade, TradeBook


class Portfolio:
    """Listens to FILL; publishes POSITION_OPEN, POSITION_CLOSE, PORTFOLIO_UPDATE and one EQUITY_CURVE.

    The window is the bars from `start` to the end of `bars`, with `cash` to start with. `funds` is what the account is
    worth beside the position; by default, its cash.
    """

    def __init__(
        self, bus: Bus, bars: Bars, *, start: int, cash: float, funds: Callable[[], float] | None = None
    ) -> None:
        self._bus = bus
        self._bars = bars
        self._start = start
        self._cash = cash
        self._funds = funds
        self._book = TradeBook()
        self._fills = array("d")  # of each fill in turn: bar, cash and position after it
        bus.subscribe("FILL", self.on_fill)

    def on_fill(self, event: Event) -> None:
        fill = event.payload
        bar, price, cash, position = fill["bar"], fill["price"], fill["cash"], fill["position"]
        quantity = fill["quantity"] if fill["side"] == "BUY" else -fill["quantity"]
        self._fills.extend((bar, cash, position))
        closed, opened = self._book.apply(bar, quantity, price, fill["commission"], position)
        publish, timestamp = self._bus.publish, event.timestamp
        if closed:
            payload = self._closed_payload(closed)
            if "reason" in fill:
                payload["reason"] = fill["reason"]
            publish(Event("POSITION_CLOSE", timestamp, "portfolio", payload))
        if opened:
            publish(Event("POSITION_OPEN", timestamp, "portfolio", self._opened_payload(opened)))
        funds = cash if self._funds is None else self._funds()
        update = {"cash": cash, "position": position, "price": price, "equity": funds + position * price}
        publish(Event("PORTFOLIO_UPDATE", timestamp, "portfolio", update))

    def publish_equity_curve(self) -> None:
        """Mark the window to market, bar by bar, without liquidating what is held at its end."""
        bars, start = self._bars, self._start
        fill_bars, cash, position = np.frombuffer(self._fills).reshape(-1, 3).T
        equity = mark_to_market(bars.close, start, self._cash, fill_bars, cash, position)
        payload = {
            "symbol": bars.symbol,
            "first_bar": start,
            "timestamp": bars.time_ns[start:].view("datetime64[ns]"),
            "equity": equity,
        }
        self._bus.publish(Event("EQUITY_CURVE", bars.timestamp(len(bars) - 1), "portfolio", payload))

    def _opened_payload(self, trade: OpenedTrade) -> dict[str, object]:
        return {
            "symbol": self._bars.symbol,
            "side": "LONG" if trade.quantity > 0 else "SHORT",
            "quantity": abs(trade.quantity),
            "price": trade.price,
        }

    def _closed_payload(self, trade: ClosedTrade) -> dict[str, object]:
        return {
            "symbol": self._bars.symbol,
            "side": "LONG" if trade.quantity > 0 else "SHORT",
            "quantity": abs(trade.quantity),
            "entry_time": self._bars.timestamp(trade.entry_bar),
            "entry_price": trade.entry_price,
            "exit_price": trade.exit_price,
            "pnl": trade.pnl,
            "return": trade.gain,
            "bars_held": trade.exit_bar - trade.entry_bar,
            "commission": trade.commission,
        }

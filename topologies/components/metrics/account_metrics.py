"""The metrics of an account of several legs: answers its EQUITY_CURVE with PORTFOLIO_METRICS."""

from array import array
from typing import Any

import numpy as np

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import IntArray
from topologies.components.metrics.performance import FillColumns, activity_metrics, curve_metrics, trade_metrics


class AccountMetrics:
    """Follows the fills and closed trades of all legs; exposed is the account while any leg has a position.

    Bars are ticks of the clock `clock_ns`; `labels` are repeated in the result.
    """

    def __init__(
        self, bus: Bus, clock_ns: IntArray, *, cash: float, periods_per_year: float, labels: dict[str, Any]
    ) -> None:
        self._bus = bus
        self._clock_ns = clock_ns
        self._cash = cash
        self._periods_per_year = periods_per_year
        self._labels = labels
        self._held: set[str] = set()
        self._fills = array("d")  # of each fill in turn: tick, notional, commission, number of positions after it
        self._pnls = array("d")
        bus.subscribe("FILL", self.on_fill)
        bus.subscribe("POSITION_CLOSE", self.on_close)
        bus.subscribe("EQUITY_CURVE", self.on_equity_curve)

    def on_fill(self, event: Event) -> None:
        fill = event.payload
        (self._held.add if fill["position"] else self._held.discard)(fill["leg"])
        notional = fill["quantity"] * fill["price"]
        self._fills.extend((fill["tick"], notional, fill["commission"], len(self._held)))

    def on_close(self, event: Event) -> None:
        self._pnls.append(event.payload["pnl"])

    def on_equity_curve(self, event: Event) -> None:
        equity = np.asarray(event.payload["equity"])
        ticks, notionals, commissions, held = np.frombuffer(self._fills).reshape(-1, 4).T
        fills = FillColumns(ticks.astype(np.int64), notionals, commissions, held)
        metrics = (
            curve_metrics(equity, self._clock_ns, self._cash, self._periods_per_year)
            | activity_metrics(equity, self._clock_ns, 0, self._cash, fills)
            | {"open_positions": len(self._held)}
            | trade_metrics(np.frombuffer(self._pnls))
        )
        self._bus.publish(Event("PORTFOLIO_METRICS", event.timestamp, "metrics", self._labels | metrics))

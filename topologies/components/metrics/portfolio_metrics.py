"""The metrics component: answers the EQUITY_CURVE with PORTFOLIO_METRICS."""

from array import array
from typing import Any

import numpy as np

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from topologies.bars import FloatArray, IntArray
from topologies.components.metrics.performance import FillColumns, activity_metrics, curve_metrics, trade_metrics


class PortfolioMetrics:
    """Follows fills and closed trades; `labels` (parameters, conventions) are repeated in the result.

    The window is the bars from `start` on, of all whose times are `time_ns`, shape (n,).
    """

    def __init__(
        self,
        bus: EventBus,
        time_ns: IntArray,
        *,
        start: int,
        cash: float,
        periods_per_year: float,
        labels: dict[str, Any],
    ) -> None:
        self._bus = bus
        self._time_ns = time_ns
        self._start = start
        self._cash = cash
        self._periods_per_year = periods_per_year
        self._labels = labels
        self._fills = array("d")  # of each fill in turn: bar, notional, commission, position
        self._pnls = array("d")
        bus.subscribe("FILL", self.on_fill)
        bus.subscribe("POSITION_CLOSE", self.on_close)
        bus.subscribe("EQUITY_CURVE", self.on_equity_curve)

    def on_fill(self, event: Event) -> None:
        fill = event.payload
        self._fills.extend((fill["bar"], fill["quantity"] * fill["price"], fill["commission"], fill["position"]))

    def on_close(self, event: Event) -> None:
        self._pnls.append(event.payload["pnl"])

    def on_equity_curve(self, event: Event) -> None:
        metrics = self.metrics(np.asarray(event.payload["equity"]))
        self._bus.publish(Event("PORTFOLIO_METRICS", event.timestamp, "metrics", self._labels | metrics))

    def metrics(self, equity: FloatArray) -> dict[str, Any]:
        """Those of the window, whose `equity` at each close has shape (n - start,)."""
        bars, notionals, commissions, positions = np.frombuffer(self._fills).reshape(-1, 4).T
        fills = FillColumns(bars.astype(np.int64), notionals, commissions, positions)
        pnls = np.frombuffer(self._pnls)
        return window_metrics(self._time_ns, self._start, equity, self._cash, self._periods_per_year, fills, pnls)


def window_metrics(
    time_ns: IntArray,
    start: int,
    equity: FloatArray,
    cash: float,
    periods_per_year: float,
    fills: FillColumns,
    pnls: FloatArray,
) -> dict[str, Any]:
    """All metrics of one account over the bars from `start` on; `equity` has shape (len(time_ns) - start,)."""
    time_ns = time_ns[start:]
    return (
        curve_metrics(equity, time_ns, cash, periods_per_year)
        | activity_metrics(equity, time_ns, start, cash, fills)
        | trade_metrics(pnls)
    )

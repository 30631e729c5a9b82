"""The metrics of an account of several legs: answers its EQUITY_CURVE with PORTFOLIO_METRICS."""

from typing import Any

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from topologies.bars import FloatArray, IntArray
from topologies.components.metrics.portfolio_metrics import PortfolioMetrics


class AccountMetrics(PortfolioMetrics):
    """Follows the fills and closed trades of all legs; exposed is the account while any leg has a position.

    Bars are ticks of the clock `clock_ns`; `labels` are repeated in the result.
    """

    def __init__(
        self, bus: EventBus, clock_ns: IntArray, *, cash: float, periods_per_year: float, labels: dict[str, Any]
    ) -> None:
        super().__init__(bus, clock_ns, start=0, cash=cash, periods_per_year=periods_per_year, labels=labels)
        self._held: set[str] = set()

    def on_fill(self, event: Event) -> None:
        """In place of a position: how many there are after the fill."""
        fill = event.payload
        (self._held.add if fill["position"] else self._held.discard)(fill["leg"])
        notional = fill["quantity"] * fill["price"]
        self._fills.extend((fill["tick"], notional, fill["commission"], len(self._held)))

    def metrics(self, equity: FloatArray) -> dict[str, Any]:
        return super().metrics(equity) | {"open_positions": len(self._held)}

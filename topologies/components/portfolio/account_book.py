"""The account book: what all legs of one account come to, as one equity curve and each leg's contribution."""

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import FloatArray, IntArray, iso_timestamp
from topologies.components.portfolio.equity import mark_to_market


class LegEntry(NamedTuple):
    """A leg in the book: its labels, and what a share of it is worth after each tick, shape (ticks,)."""

    name: str
    labels: dict[str, Any]
    worth: FloatArray


class AccountBook:
    """Listens to the FILLs of all legs; publishes one EQUITY_CURVE over the clock, and a CONTRIBUTION for each leg."""

    def __init__(self, bus: Bus, symbol: str, clock_ns: IntArray, cash: float, legs: Sequence[LegEntry]) -> None:
        self._bus = bus
        self._symbol = symbol
        self._clock_ns = clock_ns
        self._cash = cash
        self._legs = legs
        self._number = {leg.name: number for number, leg in enumerate(legs)}
        # Of each fill in turn: its leg, tick, money paid, commission and slippage, and cash and position after it.
        self._fills = array("d")
        bus.subscribe("FILL", self.on_fill)

    def on_fill(self, event: Event) -> None:
        fill = event.payload
        paid = fill["quantity"] * fill["price"] * (1.0 if fill["side"] == "BUY" else -1.0)
        costs = (fill["commission"], fill["slippage"], fill["cash"], fill["position"])
        self._fills.extend((self._number[fill["leg"]], fill["tick"], paid, *costs))

    def publish(self) -> None:
        """Mark every leg to market after each tick; nothing is liquidated."""
        fills = np.frombuffer(self._fills).reshape(-1, 7)
        ticks, cash = fills[:, 1], fills[:, 5]
        nothing = np.zeros(len(self._clock_ns))
        equity = mark_to_market(nothing, 0, self._cash, ticks, cash, np.zeros(len(cash)))
        contributions = []
        for number, leg in enumerate(self._legs):
            own = fills[fills[:, 0] == number]
            equity += mark_to_market(leg.worth, 0, 0.0, own[:, 1], np.zeros(len(own)), own[:, 6])
            contributions.append(_contribution(leg, own))
        timestamp = iso_timestamp(int(self._clock_ns[-1]))
        payload = {
            "symbol": self._symbol,
            "first_bar": 0,
            "timestamp": self._clock_ns.view("datetime64[ns]"),
            "equity": equity,
        }
        self._bus.publish(Event("EQUITY_CURVE", timestamp, "portfolio", payload))
        for contribution in contributions:
            self._bus.publish(Event("CONTRIBUTION", timestamp, "portfolio", contribution))


def _contribution(leg: LegEntry, fills: FloatArray) -> dict[str, Any]:
    """What the leg's own fills and its last position come to; exposure is the share of ticks with a position."""
    _, ticks, paid, commission, slippage, _, position = fills.T
    length = len(leg.worth)
    held = np.diff(np.append(ticks, length))[position != 0.0].sum()
    last = float(position[-1]) if len(position) else 0.0
    return {
        "leg": leg.name,
        **leg.labels,
        "pnl": last * float(leg.worth[-1]) - float((paid + commission).sum()),
        "fills": len(fills),
        "commission": float(commission.sum()),
        "slippage": float(slippage.sum()),
        "exposure": float(held) / length,
        "position": last,
        "value": last * float(leg.worth[-1]),
    }

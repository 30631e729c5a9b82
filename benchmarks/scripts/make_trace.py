"""A large sealed trace as a backtest publishes it, without its equity curve: `python -m … FILE EVENTS`."""

import sys
from pathlib import Path

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer

_EVENTS_PER_SIGNAL = 6
_SHARES = 100.0


class Market:
    """Answers each signal as risk, broker and portfolio do: approved, ordered, filled one bar later, accounted for."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._bar = 0
        self._cash = 1e6
        for event_type in ("SIGNAL", "RISK_DECISION", "FILL"):
            bus.subscribe(event_type, getattr(self, f"_on_{event_type.lower()}"))
        bus.subscribe("ORDER", lambda order: bus.schedule(self._bar + 1, self._fill, order))

    def trade(self, bar: int) -> None:
        """Fill what was ordered at the bar before, then change the intent: long at even bars, flat at odd ones."""
        self._bar = bar
        self._bus.advance(bar)
        payload = {"target": 1.0 - bar % 2, "previous": float(bar % 2), "price": _price(bar)}
        self._publish("SIGNAL", "sma_cross", {"bar": bar, **payload})

    def _on_signal(self, event: Event) -> None:
        payload = {"decision": "approved", "requested": event.payload["target"], "granted": event.payload["target"]}
        self._publish("RISK_DECISION", "risk", {**payload, "rule": None})

    def _on_risk_decision(self, event: Event) -> None:
        side = "BUY" if event.payload["granted"] else "SELL"
        self._publish("ORDER", "risk", {"side": side, "order_type": "market", "quantity": _SHARES})

    def _fill(self, order: Event) -> None:
        side, price = order.payload["side"], _price(self._bar)
        self._cash = round(self._cash - (_SHARES if side == "BUY" else -_SHARES) * price, 3)
        position = _SHARES if side == "BUY" else 0.0
        costs = {"commission": 0.0, "slippage": 0.0, "cash": self._cash, "position": position}
        payload = {"bar": self._bar, "side": side, "quantity": _SHARES, "price": price}
        self._publish("FILL", "broker", payload | costs)

    def _on_fill(self, fill: Event) -> None:
        change = "POSITION_OPEN" if fill.payload["position"] else "POSITION_CLOSE"
        self._publish(change, "portfolio", {"side": "LONG", "quantity": _SHARES, "price": fill.payload["price"]})
        account = {name: fill.payload[name] for name in ("cash", "position", "price")}
        self._publish("PORTFOLIO_UPDATE", "portfolio", account | {"equity": self._cash})

    def _publish(self, event_type: str, source: str, payload: dict[str, object]) -> None:
        self._bus.publish(Event(event_type, _time(self._bar), source, {"symbol": "BARS", **payload}))


def _price(bar: int) -> float:
    return (90_000 + bar * 7919 % 20_000) / 1000


def _time(bar: int) -> str:
    day, minute = divmod(bar, 1440)
    month, day = divmod(day, 28)
    return f"{2000 + month // 12}-{month % 12 + 1:02d}-{day + 1:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z"


def main(path: Path, events: int) -> None:
    bus, tracer = EventBus(), UnifiedTracer(path=path.with_suffix(".partial"))
    bus.attach_tracer(tracer)
    market = Market(bus)
    bus.publish(Event("TRACE_OPEN", None, "phase_worker", {"request_digest": "0" * 64, "topology": "backtest"}))
    for bar in range(events // _EVENTS_PER_SIGNAL):
        market.trade(bar)
    tracer.seal(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""The risk rules: what is granted of a strategy's target, and the order that follows."""

from collections.abc import Callable
from typing import Any

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from topologies.components.risk.sizers import OrderSize

Sizer = Callable[..., OrderSize]


class RiskRules:
    """Limits a target to ±max_weight, or to long only, and sizes what is granted."""

    __slots__ = ("_lowest", "_max_weight", "_sizer", "_sizer_params")

    def __init__(self, sizer: Sizer, sizer_params: dict[str, Any], *, max_weight: float, allow_short: bool) -> None:
        self._sizer = sizer
        self._sizer_params = sizer_params
        self._max_weight = max_weight
        self._lowest = -max_weight if allow_short else 0.0

    def grant(self, target: float) -> tuple[float, str | None]:
        """What is granted of `target`, and the name of the rule that changed it, if one did."""
        if target > self._max_weight:
            return self._max_weight, "max_weight"
        if target < self._lowest:
            return self._lowest, "max_weight" if self._lowest else "no_short"
        return target, None

    def size(self, granted: float, before: float, position: float, price: float) -> OrderSize | None:
        """The order for a granted target; None where it was granted `before`, or the position is flat and stays so."""
        if granted == before or (granted == 0.0 and position == 0.0):
            return None
        size: OrderSize = self._sizer(granted, position=position, price=price, **self._sizer_params)
        return None if size.quantity == 0.0 else size


class RiskControl:
    """Answers each SIGNAL with a RISK_DECISION and, where something is to be traded, an ORDER."""

    def __init__(self, bus: EventBus, rules: RiskRules) -> None:
        self._bus = bus
        self._rules = rules
        self._position = 0.0
        self._cash: float | None = None
        self._granted = 0.0
        bus.subscribe("SIGNAL", self.on_signal)
        bus.subscribe("RISK_DECISION", self.on_decision)
        bus.subscribe("FILL", self.on_fill)

    def on_signal(self, signal: Event) -> None:
        intent = signal.payload
        target = intent["target"]
        granted, rule = self._rules.grant(target)
        payload = {
            "symbol": intent["symbol"],
            "bar": intent["bar"],
            "price": intent["price"],
            "decision": "approved" if rule is None else "reduced" if granted else "rejected",
            "requested": target,
            "granted": granted,
            "rule": rule,
        }
        self._bus.publish(Event("RISK_DECISION", signal.timestamp, "risk", payload))

    def on_decision(self, decision: Event) -> None:
        grant = decision.payload
        before, self._granted = self._granted, grant["granted"]
        size = self._rules.size(self._granted, before, self._position, grant["price"])
        if size is None:
            return
        payload = {
            "symbol": grant["symbol"],
            "bar": grant["bar"],
            "side": "BUY" if self._buys(size, grant["price"]) else "SELL",
            "order_type": "market",
            "target_weight": size.target_weight,
            "quantity": None if size.quantity is None else abs(size.quantity),
        }
        self._bus.publish(Event("ORDER", decision.timestamp, "risk", payload))

    def on_fill(self, fill: Event) -> None:
        self._position, self._cash = fill.payload["position"], fill.payload["cash"]

    def _buys(self, size: OrderSize, price: float) -> bool:
        """The side by the decision's price; the fill's price may yet turn a small change of weight around."""
        if size.target_weight is None:
            return size.quantity is not None and size.quantity > 0.0
        if self._cash is None:
            return size.target_weight > 0.0
        held = self._position * price
        return size.target_weight * (self._cash + held) > held

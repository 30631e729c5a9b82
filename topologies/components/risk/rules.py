"""The risk rules: what is granted of a strategy's target, and the order that follows."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import FloatArray
from topologies.components.risk.order_terms import OrderTerms
from topologies.components.risk.sizers import Holding

Sizer = Callable[..., Holding]


class RiskRules:
    """Limits a target to ±max_weight, or to long only; `holding(granted, price=)` sizes what is granted."""

    __slots__ = ("_lowest", "_max_weight", "holding")

    def __init__(self, sizer: Sizer, sizer_params: dict[str, Any], *, max_weight: float, allow_short: bool) -> None:
        self.holding = partial(sizer, **sizer_params)
        self._max_weight = max_weight
        self._lowest = -max_weight if allow_short else 0.0

    def grant(self, target: float) -> tuple[float, str | None]:
        """What is granted of `target`, and the name of the rule that changed it, if one did."""
        if target > self._max_weight:
            return self._max_weight, "max_weight"
        if target < self._lowest:
            return self._lowest, "max_weight" if self._lowest else "no_short"
        return target, None

    def grant_all(self, targets: FloatArray) -> FloatArray:
        """What is granted of each of `targets`, shape (n,)."""
        return np.clip(targets, self._lowest, self._max_weight)


class RiskControl:
    """Answers each SIGNAL with a RISK_DECISION and, where something is to be traded, an ORDER.

    Without `terms` it is a market order. `funds` is what the account is worth beside the position; by default, the cash
    after its last fill. A SIGNAL to `rebalance` orders the same weight again, of a position that there is.
    """

    def __init__(
        self,
        bus: Bus,
        rules: RiskRules,
        terms: OrderTerms | None = None,
        funds: Callable[[], float] | None = None,
    ) -> None:
        self._bus = bus
        self._rules = rules
        self._terms = terms
        self._funds = funds
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
        if "rebalance" in intent:
            payload["rebalance"] = intent["rebalance"]
        self._bus.publish(Event("RISK_DECISION", signal.timestamp, "risk", payload))

    def on_decision(self, decision: Event) -> None:
        """Order what the grant asks for, unless it is the grant before, or the position is flat and stays so."""
        grant = decision.payload
        granted, before, position = grant["granted"], self._granted, self._position
        self._granted = granted
        again = granted == before and not (position and "rebalance" in grant)
        if again or (granted == 0.0 and position == 0.0):
            return
        price = grant["price"]
        weight, shares = self._rules.holding(granted, price=price)
        if shares is None:
            buys, quantity = self._buys(weight, price), None
        elif (change := shares - position) == 0.0:
            return
        else:
            buys, quantity = change > 0.0, abs(change)
        payload = {
            "symbol": grant["symbol"],
            "bar": grant["bar"],
            "side": "BUY" if buys else "SELL",
            "order_type": "market",
            "target_weight": weight,
            "quantity": quantity,
        }
        if self._terms is not None:
            payload |= self._terms.of(price, buys=buys)
        self._bus.publish(Event("ORDER", decision.timestamp, "risk", payload))

    def on_fill(self, fill: Event) -> None:
        self._position, self._cash = fill.payload["position"], fill.payload["cash"]

    def _buys(self, weight: float, price: float) -> bool:
        """The side by the decision's price; the fill's price may yet turn a small change of weight around."""
        funds = self._cash if self._funds is None else self._funds()
        if funds is None:
            return weight > 0.0
        held = self._position * price
        return weight * (funds + held) > held

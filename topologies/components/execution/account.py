"""The account: cash and position of one symbol, and what a fill does to them."""

from dataclasses import dataclass
from math import floor
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs. Commission is max(minimum, bps of the notional + per_share); slippage moves the price."""

    commission_bps: float = 0.0
    commission_per_share: float = 0.0
    commission_minimum: float = 0.0
    slippage_bps: float = 0.0
    whole_shares: bool = False


class Fill(NamedTuple):
    """An executed trade; `quantity` is signed (buys > 0), `slippage` is money, `cash` and `position` are after it."""

    quantity: float
    price: float
    commission: float
    slippage: float
    cash: float
    position: float


class Account:
    """Cash and shares of one symbol; short positions are allowed, buying on credit is not.

    The commission of a sale is owed even if it is more than the proceeds.
    """

    __slots__ = ("_fee_rate", "_minimum", "_per_share", "_slip", "_whole", "cash", "position")

    def __init__(self, cash: float, costs: Costs) -> None:
        self.cash = cash
        self.position = 0.0
        self._fee_rate = costs.commission_bps / 1e4
        self._per_share = costs.commission_per_share
        self._minimum = costs.commission_minimum
        self._slip = costs.slippage_bps / 1e4
        self._whole = costs.whole_shares

    def fill_to_weight(self, weight: float, market_price: float) -> Fill | None:
        """Trade to a position worth `weight` of the equity, costs included; None if there is nothing to trade."""
        if weight == 0.0:
            return self._trade(-self.position, market_price) if self.position else None
        if (missing := self._missing_value(weight, price := market_price * (1.0 + self._slip))) > 0.0:
            quantity = self._affordable(min(missing, self.cash), price)
        elif (missing := self._missing_value(weight, price := market_price * (1.0 - self._slip))) < 0.0:
            quantity = missing / price
            quantity = float(-floor(-quantity)) if self._whole else quantity
        else:
            return None
        return self._trade(quantity, market_price) if quantity else None

    def _missing_value(self, weight: float, price: float) -> float:
        """What the position lacks, at `price`, to be worth `weight` of the equity."""
        value = self.position * price
        return weight * (self.cash + value) - value

    def fill_quantity(self, quantity: float, market_price: float) -> Fill | None:
        """Trade the signed `quantity`; None if the cash does not cover it."""
        if self._whole:
            quantity = float(floor(quantity)) if quantity > 0 else float(-floor(-quantity))
        price = market_price * (1.0 + self._slip)
        if not quantity or (quantity > 0 and quantity * price + self._commission(quantity, price) > self.cash):
            return None
        return self._trade(quantity, market_price)

    def _trade(self, quantity: float, market_price: float) -> Fill:
        price = market_price * (1.0 + self._slip) if quantity > 0 else market_price * (1.0 - self._slip)
        commission = self._commission(quantity, price)
        self.cash -= quantity * price + commission
        if quantity > 0 and -1e-9 * quantity * price < self.cash < 0.0:
            self.cash = 0.0  # the whole cash was spent: what is left below zero is rounding
        self.position += quantity
        return Fill(quantity, price, commission, abs(quantity * (price - market_price)), self.cash, self.position)

    def _commission(self, quantity: float, price: float) -> float:
        shares = abs(quantity)
        return max(self._minimum, shares * (price * self._fee_rate + self._per_share))

    def _affordable(self, budget: float, price: float) -> float:
        """The most shares whose cost with commission is within `budget`."""
        unit_cost = price * (1.0 + self._fee_rate) + self._per_share
        shares = budget / unit_cost
        if shares * (unit_cost - price) < self._minimum:
            shares = (budget - self._minimum) / price
        if not self._whole:
            return max(shares, 0.0)
        shares = float(max(floor(shares) + 1, 0))  # one more, for the rounding of the division
        while shares > 0 and shares * price + self._commission(shares, price) > budget:
            shares -= 1.0
        return shares

"""The account: cash and position of one symbol, and what a fill does to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

import numpy as np

from topologies.bars import FloatArray, IntArray


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


class Fills(NamedTuple):
    """Fills in order as columns of shape (k,), with the meanings of `Fill`; `order` is the index of what was asked."""

    order: IntArray
    quantity: FloatArray
    price: FloatArray
    commission: FloatArray
    cash: FloatArray
    position: FloatArray


class Account:
    """Cash and shares of one symbol; short positions are allowed, buying on credit is not.

    The commission of a sale is owed even if it is more than the proceeds.
    """

    __slots__ = ("_buy_factor", "_fee_rate", "_minimum", "_per_share", "_sell_factor", "_whole", "cash", "position")

    def __init__(self, cash: float, costs: Costs) -> None:
        self.cash = cash
        self.position = 0.0
        self._fee_rate = costs.commission_bps / 1e4
        self._per_share = costs.commission_per_share
        self._minimum = costs.commission_minimum
        self._buy_factor = 1.0 + costs.slippage_bps / 1e4
        self._sell_factor = 1.0 - costs.slippage_bps / 1e4
        self._whole = costs.whole_shares

    def fill_to_weight(self, weight: float, market_price: float) -> Fill | None:
        """Trade to a position worth `weight` of the equity, costs included; None if there is nothing to trade."""
        if weight == 0.0:
            return self._trade(-self.position, market_price) if self.position else None
        if (missing := self._missing_value(weight, price := market_price * self._buy_factor)) > 0.0:
            quantity = self._affordable(min(missing, self.cash), price)
        elif (missing := self._missing_value(weight, price := market_price * self._sell_factor)) < 0.0:
            quantity = missing / price
            quantity = float(-floor(-quantity)) if self._whole else quantity
        else:
            return None
        return self._trade(quantity, market_price) if quantity else None

    def fill_quantity(self, quantity: float, market_price: float) -> Fill | None:
        """Trade the signed `quantity`; None if the cash does not cover it."""
        if self._whole:
            quantity = float(floor(quantity)) if quantity > 0 else float(-floor(-quantity))
        return self._trade(quantity, market_price, within_cash=True) if quantity else None

    def fill_to_weights(self, weights: FloatArray, market_prices: FloatArray) -> Fills:
        """`fill_to_weight` for each in turn; both arrays have shape (n,)."""
        asked = enumerate(zip(weights.tolist(), market_prices.tolist(), strict=True))
        return _columns((order, self.fill_to_weight(weight, price)) for order, (weight, price) in asked)

    def fill_to_shares(self, shares: FloatArray, market_prices: FloatArray) -> Fills:
        """`fill_quantity` of what is missing to hold each of `shares` in turn; both arrays have shape (n,)."""
        if (columns := self._fill_all(shares, market_prices)) is not None:
            return columns
        asked = enumerate(zip(shares.tolist(), market_prices.tolist(), strict=True))
        return _columns((order, self.fill_quantity(wanted - self.position, price)) for order, (wanted, price) in asked)

    def _fill_all(self, shares: FloatArray, market_prices: FloatArray) -> Fills | None:
        """As `fill_to_shares`, by arrays, with equal bits; None where an order would not lead to just what it wants."""
        before = np.concatenate(([self.position], shares[:-1]))
        order = np.flatnonzero(shares != before)
        before, position, market_price = before[order], shares[order], market_prices[order]
        quantity = position - before
        buys = quantity > 0.0
        price = market_price * np.where(buys, self._buy_factor, self._sell_factor)
        commission = np.maximum(self._minimum, np.abs(quantity) * (price * self._fee_rate + self._per_share))
        cash = np.subtract.accumulate(np.concatenate(([self.cash], quantity * price + commission)))[1:]
        exact = np.array_equal(before + quantity, position) and not (self._whole and (quantity % 1.0).any())
        if not exact or (cash[buys] < 0.0).any():
            return None
        if len(order):
            self.cash, self.position = float(cash[-1]), float(position[-1])
        return Fills(order, quantity, price, commission, cash, position)

    def _missing_value(self, weight: float, price: float) -> float:
        """What the position lacks, at `price`, to be worth `weight` of the equity."""
        value = self.position * price
        return weight * (self.cash + value) - value

    def _trade(self, quantity: float, market_price: float, *, within_cash: bool = False) -> Fill | None:
        price = market_price * (self._buy_factor if quantity > 0.0 else self._sell_factor)
        commission = self._commission(quantity, price)
        cash = self.cash - (quantity * price + commission)
        if quantity > 0.0 and cash < 0.0:
            if within_cash:
                return None
            if cash > -1e-9 * quantity * price:
                cash = 0.0  # the whole cash was spent: what is left below zero is rounding
        self.cash = cash
        self.position += quantity
        return Fill(quantity, price, commission, abs(quantity * (price - market_price)), cash, self.position)

    def _commission(self, quantity: float, price: float) -> float:
        return max(self._minimum, abs(quantity) * (price * self._fee_rate + self._per_share))

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


def _columns(fills: Iterable[tuple[int, Fill | None]]) -> Fills:
    """The fills that there were."""
    made = [(order, *fill) for order, fill in fills if fill is not None]
    order, quantity, price, commission, _, cash, position = zip(*made, strict=True) if made else ((),) * 7
    floats = (np.array(column, dtype=np.float64) for column in (quantity, price, commission, cash, position))
    return Fills(np.array(order, dtype=np.int64), *floats)

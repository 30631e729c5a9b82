"""The account: cash and position of one symbol, and what a fill does to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, trunc
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

    The commission of a sale is owed even if it is more than the proceeds. `buy_factor` and `sell_factor` are what
    slippage makes of a price. `others` is what positions in other symbols are worth, where there are any.
    """

    __slots__ = (
        "_fee_rate",
        "_minimum",
        "_per_share",
        "_whole",
        "buy_factor",
        "cash",
        "others",
        "position",
        "sell_factor",
    )

    def __init__(self, cash: float, costs: Costs) -> None:
        self.cash = cash
        self.position = 0.0
        self.others = 0.0
        self._fee_rate = costs.commission_bps / 1e4
        self._per_share = costs.commission_per_share
        self._minimum = costs.commission_minimum
        self.buy_factor = 1.0 + costs.slippage_bps / 1e4
        self.sell_factor = 1.0 - costs.slippage_bps / 1e4
        self._whole = costs.whole_shares

    def fill_to_weight(self, weight: float, market_price: float) -> Fill | None:
        """Trade to a position worth `weight` of the equity, costs included; None if there is nothing to trade."""
        buy, sell = market_price * self.buy_factor, market_price * self.sell_factor
        quantity = self.shares_to_weight(weight, buy, sell)
        price = buy if quantity > 0.0 else sell
        return self.trade(quantity, price, market_price, within_cash=False) if quantity else None

    def fill_quantity(self, quantity: float, market_price: float) -> Fill | None:
        """Trade the signed `quantity`; None if the cash does not cover it."""
        if not (quantity := self.tradable(quantity)):
            return None
        price = market_price * (self.buy_factor if quantity > 0.0 else self.sell_factor)
        return self.trade(quantity, price, market_price, within_cash=True)

    def shares_to_weight(self, weight: float, buy_price: float, sell_price: float) -> float:
        """The signed shares to trade for a position worth `weight` of the equity, costs included; 0 for none."""
        if weight == 0.0:
            return -self.position
        funds = self.cash + self.others
        value = self.position * buy_price
        if (missing := weight * (funds + value) - value) > 0.0:
            return self.affordable(min(missing, self.cash), buy_price)
        value = self.position * sell_price
        if (missing := weight * (funds + value) - value) < 0.0:
            return self.tradable(missing / sell_price)
        return 0.0

    def affordable(self, budget: float, price: float) -> float:
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

    def tradable(self, quantity: float) -> float:
        """The signed `quantity`, rounded towards zero where only whole shares are traded."""
        return float(trunc(quantity)) if self._whole else quantity

    def trade(self, quantity: float, price: float, market_price: float, *, within_cash: bool) -> Fill | None:
        """Trade the signed `quantity`, not 0, at `price`, slippage included.

        None if it is to stay `within_cash` and does not. What was sized by `shares_to_weight` does, but for rounding.
        """
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
        price = market_price * np.where(buys, self.buy_factor, self.sell_factor)
        commission = np.maximum(self._minimum, np.abs(quantity) * (price * self._fee_rate + self._per_share))
        cash = np.subtract.accumulate(np.concatenate(([self.cash], quantity * price + commission)))[1:]
        exact = np.array_equal(before + quantity, position) and not (self._whole and (quantity % 1.0).any())
        if not exact or (cash[buys] < 0.0).any():
            return None
        if len(order):
            self.cash, self.position = float(cash[-1]), float(position[-1])
        return Fills(order, quantity, price, commission, cash, position)

    def _commission(self, quantity: float, price: float) -> float:
        return max(self._minimum, abs(quantity) * (price * self._fee_rate + self._per_share))


def _columns(fills: Iterable[tuple[int, Fill | None]]) -> Fills:
    """The fills that there were."""
    made = [(order, *fill) for order, fill in fills if fill is not None]
    order, quantity, price, commission, _, cash, position = zip(*made, strict=True) if made else ((),) * 7
    floats = (np.array(column, dtype=np.float64) for column in (quantity, price, commission, cash, position))
    return Fills(np.array(order, dtype=np.int64), *floats)

"""Sizers: how large the order for a granted target is."""

from typing import NamedTuple

from phase_worker.discovery import Float, sizer


class OrderSize(NamedTuple):
    """Either a weight of the equity to trade to, or a signed number of shares to trade."""

    target_weight: float | None
    quantity: float | None


@sizer(name="all_in", params={"fraction": Float(1.0, 0.0, 1.0)})
def all_in(target: float, *, position: float, price: float, fraction: float) -> OrderSize:
    """The target as a weight of the equity at the fill, times `fraction`."""
    return OrderSize(target * fraction, None)


@sizer(name="fixed_shares", params={"quantity": Float(100.0, 0.0, 1e12)})
def fixed_shares(target: float, *, position: float, price: float, quantity: float) -> OrderSize:
    """`quantity` shares for a target of 1."""
    return OrderSize(None, target * quantity - position)


@sizer(name="fixed_cash", params={"amount": Float(10_000.0, 0.0, 1e15)})
def fixed_cash(target: float, *, position: float, price: float, amount: float) -> OrderSize:
    """Shares worth `amount` at the decision's close for a target of 1."""
    return OrderSize(None, target * amount / price - position)

"""Sizers: what to hold for a granted target."""

from typing import Any, NamedTuple

from phase_worker.discovery import Float, sizer


class Holding(NamedTuple):
    """Either a weight of the equity at the fill, or a signed number of shares.

    A sizer is asked for one decision with numbers, and for many with arrays of shape (n,): plain arithmetic does both.
    """

    weight: Any
    shares: Any


@sizer(name="all_in", params={"fraction": Float(1.0, 0.0, 1.0)})
def all_in(target: Any, *, price: Any, fraction: float) -> Holding:
    """The target as a weight of the equity at the fill, times `fraction`."""
    return Holding(target * fraction, None)


@sizer(name="fixed_shares", params={"quantity": Float(100.0, 0.0, 1e12)})
def fixed_shares(target: Any, *, price: Any, quantity: float) -> Holding:
    """`quantity` shares for a target of 1."""
    return Holding(None, target * quantity)


@sizer(name="fixed_cash", params={"amount": Float(10_000.0, 0.0, 1e15)})
def fixed_cash(target: Any, *, price: Any, amount: float) -> Holding:
    """Shares worth `amount` at the decision's close for a target of 1."""
    return Holding(None, target * amount / price)

"""The trade book: follows a position from the fill that opens it to the fill that closes it."""

from typing import NamedTuple

import numpy as np

from topologies.bars import FloatArray


class OpenedTrade(NamedTuple):
    """A position that was flat before; `quantity` is signed."""

    bar: int
    quantity: float
    price: float


class ClosedTrade(NamedTuple):
    """A position that is flat again; prices are averages over its fills, `pnl` is after commission.

    `quantity` is what was ever bought into it, signed by its side; `gain` is pnl by the money put in.
    """

    entry_bar: int
    exit_bar: int
    quantity: float
    entry_price: float
    exit_price: float
    pnl: float
    gain: float
    commission: float


class TradeBook:
    """Average-cost accounting of one symbol; a fill through zero closes one trade and opens the next."""

    __slots__ = ("_bar", "_commission", "_in_quantity", "_in_value", "_out_quantity", "_out_value", "position")

    def __init__(self) -> None:
        self.position = 0.0
        self._bar = -1
        self._in_quantity = self._in_value = self._out_quantity = self._out_value = self._commission = 0.0

    def apply(
        self, bar: int, quantity: float, price: float, commission: float, position: float
    ) -> tuple[ClosedTrade | None, OpenedTrade | None]:
        """Take in a signed fill that leads to `position`; say which trade it closed and which it opened."""
        before, self.position = self.position, position
        if before == 0.0:
            return None, self._open(bar, quantity, price, commission)
        if (before > 0.0) == (quantity > 0.0):
            self._in_quantity += quantity
            self._in_value += quantity * price
            self._commission += commission
            return None, None
        closing = quantity if position == 0.0 or (position > 0.0) == (before > 0.0) else -before
        share = closing / quantity
        self._out_quantity -= closing
        self._out_value -= closing * price
        self._commission += commission * share
        if (position > 0.0) == (before > 0.0) and position != 0.0:
            return None, None
        closed = self._close(bar)
        opened = self._open(bar, position, price, commission * (1.0 - share)) if position else None
        return closed, opened

    def _open(self, bar: int, quantity: float, price: float, commission: float) -> OpenedTrade:
        self._bar = bar
        self._in_quantity, self._in_value, self._commission = quantity, quantity * price, commission
        self._out_quantity = self._out_value = 0.0
        return OpenedTrade(bar, quantity, price)

    def _close(self, bar: int) -> ClosedTrade:
        pnl = self._out_value - self._in_value - self._commission
        return ClosedTrade(
            self._bar,
            bar,
            self._in_quantity,
            self._in_value / self._in_quantity,
            self._out_value / self._out_quantity,
            pnl,
            pnl / abs(self._in_value),
            self._commission,
        )


def closed_pnls(quantity: FloatArray, price: FloatArray, commission: FloatArray, position: FloatArray) -> FloatArray:
    """The pnl of each trade that these fills of an account without position close; columns of shape (k,)."""
    if not position[1::2].any() and position[::2].all():  # each fill opens from flat, or closes the whole: by arrays
        closes = slice(1, None, 2)
        opens = slice(0, len(position) // 2 * 2, 2)
        paid = quantity[opens] * price[opens]
        pnls: FloatArray = -quantity[closes] * price[closes] - paid - (commission[opens] + commission[closes])
        return pnls
    book = TradeBook()
    columns = (column.tolist() for column in (quantity, price, commission, position))
    closed = (book.apply(0, *fill)[0] for fill in zip(*columns, strict=True))
    return np.array([trade.pnl for trade in closed if trade is not None], dtype=np.float64)

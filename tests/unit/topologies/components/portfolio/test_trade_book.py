"""The trade book tells of each position from the fill that opens it to the fill that closes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topologies.components.portfolio.trade_book import ClosedTrade, OpenedTrade, TradeBook, closed_pnls

Told = list[OpenedTrade | ClosedTrade]


def keep_book(fills: list[tuple[int, float, float, float]]) -> Told:
    """What a book tells of (bar, signed quantity, price, commission)."""
    book, position, told = TradeBook(), 0.0, Told()
    for bar, quantity, price, commission in fills:
        position += quantity
        told += [trade for trade in book.apply(bar, quantity, price, commission, position) if trade]
        assert book.position == position
    return told


def keep_book_share_by_share(fills: list[tuple[int, float, float, float]]) -> Told:
    """The same by an oracle for whole shares: every fill is so many trades of one share each."""
    told = Told()
    position, entered, left, entry_bar = 0, [0.0], [0.0], -1
    paid = 0.0
    for bar, quantity, price, commission in fills:
        opened_in_this_fill = False
        for _ in range(round(abs(quantity))):
            step = 1 if quantity > 0 else -1
            if position == 0:
                entered, left, entry_bar, paid, opened_in_this_fill = [], [], bar, 0.0, True
            (entered if position * step >= 0 else left).append(price)
            position += step
            paid += commission / abs(quantity)
            if position == 0:
                side = -step
                pnl = side * (sum(left) - sum(entered)) - paid
                entry_price, exit_price = sum(entered) / len(entered), sum(left) / len(left)
                gain = pnl / sum(entered)
                told.append(ClosedTrade(entry_bar, bar, side * len(entered), entry_price, exit_price, pnl, gain, paid))
        if opened_in_this_fill and position:
            told.append(OpenedTrade(bar, position, price))
    return told


def test_a_round_trip_is_opened_and_closed() -> None:
    opened, closed = keep_book([(3, 10.0, 100.0, 1.0), (8, -10.0, 110.0, 2.0)])
    assert opened == OpenedTrade(3, 10.0, 100.0)
    assert closed == ClosedTrade(3, 8, 10.0, 100.0, 110.0, 97.0, 0.097, 3.0)


def test_a_short_round_trip_gains_when_the_price_falls() -> None:
    opened, closed = keep_book([(0, -10.0, 100.0, 0.0), (1, 10.0, 80.0, 0.0)])
    assert opened == OpenedTrade(0, -10.0, 100.0)
    assert closed == ClosedTrade(0, 1, -10.0, 100.0, 80.0, 200.0, 0.2, 0.0)


def test_buying_more_averages_the_entry_price_and_tells_nothing_new() -> None:
    _, closed = keep_book([(0, 10.0, 100.0, 1.0), (1, 30.0, 120.0, 1.0), (2, -40.0, 120.0, 1.0)])
    assert closed == ClosedTrade(0, 2, 40.0, 115.0, 120.0, 197.0, 197.0 / 4600.0, 3.0)


def test_a_partial_sale_leaves_the_trade_open_until_the_rest_is_sold() -> None:
    _, closed = keep_book([(0, 10.0, 100.0, 1.0), (1, -4.0, 110.0, 1.0), (5, -6.0, 90.0, 1.0)])
    assert closed == ClosedTrade(0, 5, 10.0, 100.0, 98.0, -23.0, -0.023, 3.0)


def test_a_fill_through_zero_closes_one_trade_and_opens_the_next_sharing_the_commission() -> None:
    told = keep_book([(0, 10.0, 100.0, 0.0), (4, -30.0, 110.0, 3.0), (6, 20.0, 105.0, 0.0)])
    assert told == [
        OpenedTrade(0, 10.0, 100.0),
        ClosedTrade(0, 4, 10.0, 100.0, 110.0, 99.0, 0.099, 1.0),
        OpenedTrade(4, -20.0, 110.0),
        ClosedTrade(4, 6, -20.0, 110.0, 105.0, 98.0, 98.0 / 2200.0, 2.0),
    ]


@given(
    st.lists(
        st.tuples(st.integers(-20, 20).filter(bool), st.floats(1.0, 1000.0), st.floats(0.0, 20.0), st.integers(0, 3)),
        max_size=12,
    )
)
def test_any_fills_are_told_of_as_by_a_share_by_share_oracle(fills: list[tuple[int, float, float, int]]) -> None:
    bar, entries = 0, []
    for quantity, price, commission, later in fills:
        bar += later
        entries.append((bar, float(quantity), price, commission))
    told, expected = keep_book(entries), keep_book_share_by_share(entries)
    assert [type(trade) for trade in told] == [type(trade) for trade in expected]
    for one, other in zip(told, expected, strict=True):
        assert tuple(one) == pytest.approx(tuple(other), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "quantities",
    [[], [5.0], [5.0, -5.0], [5.0, -5.0, -2.0, 2.0, 7.0], [5.0, 2.0, -7.0, 3.0], [5.0, -2.0, -3.0], [5.0, -8.0, 3.0]],
)
def test_the_pnls_of_columns_of_fills_are_those_of_the_book(quantities: list[float]) -> None:
    prices = [10.1, 12.7, 9.3, 11.9, 10.7][: len(quantities)]
    commissions = [0.1, 0.3, 0.7, 0.2, 0.9][: len(quantities)]
    told = keep_book(list(zip(range(5), quantities, prices, commissions, strict=False)))
    columns = (np.array(column) for column in (quantities, prices, commissions, np.cumsum(quantities)))
    assert closed_pnls(*columns).tolist() == [trade.pnl for trade in told if isinstance(trade, ClosedTrade)]

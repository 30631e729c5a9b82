"""The equity curve is what a bar-by-bar bookkeeper would write down."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from topologies.components.portfolio.equity import mark_to_market


def bar_by_bar(close: list[float], start: int, start_cash: float, fills: list[tuple[int, float, float]]) -> list[float]:
    cash, position, equity = start_cash, 0.0, []
    for bar in range(start, len(close)):
        for fill_bar, cash_after, position_after in fills:
            if fill_bar == bar:
                cash, position = cash_after, position_after
        equity.append(cash + position * close[bar])
    return equity


def test_without_fills_the_equity_is_the_cash_throughout() -> None:
    assert mark_to_market(np.array([1.0, 2.0, 3.0]), 1, 500.0, [], [], []).tolist() == [500.0, 500.0]


def test_a_fill_counts_from_the_close_of_its_own_bar_on() -> None:
    equity = mark_to_market(np.array([1.0, 2.0, 4.0, 8.0]), 0, 100.0, [1, 3], [80.0, 160.0], [10.0, 0.0])
    assert equity.tolist() == [100.0, 100.0, 120.0, 160.0]


@given(st.data())
def test_any_fills_give_the_curve_of_a_bar_by_bar_loop(data: st.DataObject) -> None:
    money = st.floats(-1e6, 1e6)
    close = data.draw(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=30), label="close")
    start = data.draw(st.integers(0, len(close) - 1), label="start")
    fills = data.draw(st.lists(st.tuples(st.integers(start, len(close) - 1), money, money), max_size=10), label="fills")
    fills.sort(key=lambda fill: fill[0])
    bars, cash, positions = ([fill[column] for fill in fills] for column in range(3))
    equity = mark_to_market(np.array(close), start, 1000.0, bars, cash, positions)
    assert equity.tolist() == bar_by_bar(close, start, 1000.0, fills)

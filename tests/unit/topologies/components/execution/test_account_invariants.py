"""Whatever is traded, an account loses nothing but costs and spends nothing that it does not have."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topologies.components.execution.account import Account, Costs

prices = st.floats(1.0, 1000.0)
fractional_costs = st.builds(
    Costs,
    commission_bps=st.floats(0.0, 100.0),
    commission_per_share=st.floats(0.0, 0.05),
    slippage_bps=st.floats(0.0, 100.0),
)
all_costs = st.builds(
    Costs,
    commission_bps=st.floats(0.0, 100.0),
    commission_per_share=st.floats(0.0, 0.05),
    commission_minimum=st.floats(0.0, 10.0),
    slippage_bps=st.floats(0.0, 100.0),
    whole_shares=st.booleans(),
)


def trades_of(lowest: float) -> st.SearchStrategy[list[tuple[float, float]]]:
    """Weights, and the market prices at which to trade to them."""
    weights = st.sampled_from([lowest, 0.0, 1.0]) | st.integers(round(100 * lowest), 100).map(lambda cent: cent / 100)
    return st.lists(st.tuples(weights, prices), max_size=8)


@given(fractional_costs, trades_of(0.0))
def test_long_only_weights_never_borrow_cash_or_shares(costs: Costs, trades: list[tuple[float, float]]) -> None:
    account = Account(100_000.0, costs)
    for weight, price in trades:
        account.fill_to_weight(weight, price)
        assert account.cash >= -1e-9  # of 100,000: the last digits of a trade worth next to nothing
        assert account.position >= 0.0


@given(all_costs, trades_of(-1.0))
def test_a_trade_changes_the_equity_by_its_costs_alone(costs: Costs, trades: list[tuple[float, float]]) -> None:
    account = Account(100_000.0, costs)
    for weight, price in trades:
        before = account.cash + account.position * price
        fill = account.fill_to_weight(weight, price)
        after = account.cash + account.position * price
        paid = fill.commission + fill.slippage if fill else 0.0
        assert after == pytest.approx(before - paid, rel=1e-9, abs=1e-6 * price)


@given(all_costs, trades_of(-1.0))
def test_what_a_fill_says_is_what_the_account_then_holds(costs: Costs, trades: list[tuple[float, float]]) -> None:
    account = Account(100_000.0, costs)
    for weight, price in trades:
        position = account.position
        if fill := account.fill_to_weight(weight, price):
            assert (fill.cash, fill.position) == (account.cash, account.position)
            assert fill.quantity == pytest.approx(account.position - position, rel=1e-9, abs=1e-9)


@given(all_costs, st.lists(st.tuples(st.floats(-500.0, 500.0), prices), max_size=8), trades_of(-1.0))
def test_whole_shares_stay_whole(
    costs: Costs, quantities: list[tuple[float, float]], weights: list[tuple[float, float]]
) -> None:
    account = Account(100_000.0, Costs(costs.commission_bps, costs.commission_per_share, whole_shares=True))
    for quantity, price in quantities:
        account.fill_quantity(quantity, price)
    for weight, price in weights:
        account.fill_to_weight(weight, price)
    assert account.position == floor(account.position)


@given(all_costs, prices, st.floats(0.0, 100_000.0))
def test_all_in_with_whole_shares_leaves_less_than_one_more_share_would_cost(
    costs: Costs, price: float, cash: float
) -> None:
    costs = Costs(
        costs.commission_bps,
        costs.commission_per_share,
        costs.commission_minimum,
        costs.slippage_bps,
        whole_shares=True,
    )
    account = Account(cash, costs)
    fill = account.fill_to_weight(1.0, price)
    bought = fill.quantity if fill else 0.0
    assert Account(cash, costs).fill_quantity(bought + 1.0, price) is None


@given(all_costs, prices, st.floats(1.0, 1e9))
def test_all_in_with_fractional_shares_leaves_nothing(costs: Costs, price: float, cash: float) -> None:
    account = Account(
        cash, Costs(costs.commission_bps, costs.commission_per_share, costs.commission_minimum, costs.slippage_bps)
    )
    if account.fill_to_weight(1.0, price):
        assert 0.0 <= account.cash <= 1e-9 * cash

"""The account trades what its cash allows, and charges what trading costs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topologies.components.execution.account import Account, Costs, Fill


def approx(expected: float) -> Any:
    """Equal but for the rounding of the last digits."""
    return pytest.approx(expected, rel=1e-12, abs=1e-9)


def filled(fill: Fill | None) -> Fill:
    assert fill is not None
    return fill


def account_with(cash: float, **costs: Any) -> Account:
    return Account(cash, Costs(**costs))


def test_all_in_without_costs_puts_all_cash_into_fractional_shares() -> None:
    assert account_with(1000.0).fill_to_weight(1.0, 30.0) == Fill(1000.0 / 30.0, 30.0, 0.0, 0.0, 0.0, 1000.0 / 30.0)


def test_all_in_keeps_back_the_commission_in_basis_points() -> None:
    account = account_with(1001.0, commission_bps=10.0)
    fill = filled(account.fill_to_weight(1.0, 50.0))
    assert fill.quantity == approx(20.0)
    assert fill.commission == approx(1.0)
    assert fill.cash == account.cash == 0.0


def test_all_in_keeps_back_the_commission_per_share() -> None:
    fill = filled(account_with(1010.0, commission_per_share=0.5).fill_to_weight(1.0, 50.0))
    assert (fill.quantity, fill.commission, fill.cash) == (approx(20.0), approx(10.0), approx(0.0))


def test_commission_in_basis_points_and_per_share_add_up() -> None:
    account = account_with(10_000.0, commission_bps=100.0, commission_per_share=0.25)
    assert filled(account.fill_quantity(10.0, 50.0)).commission == approx(5.0 + 2.5)


def test_a_small_trade_pays_the_minimum_commission() -> None:
    fill = filled(account_with(1000.0, commission_bps=1.0, commission_minimum=10.0).fill_to_weight(1.0, 50.0))
    assert (fill.quantity, fill.commission, fill.cash) == (approx(19.8), 10.0, approx(0.0))


def test_a_large_trade_does_not_feel_the_minimum_commission() -> None:
    account = account_with(10_000.0, commission_bps=20.0, commission_minimum=10.0)
    assert filled(account.fill_quantity(120.0, 50.0)).commission == approx(12.0)


def test_whole_shares_leave_the_rest_in_cash() -> None:
    fill = filled(account_with(1040.0, whole_shares=True).fill_to_weight(1.0, 50.0))
    assert (fill.quantity, fill.cash) == (20.0, 40.0)


def test_whole_shares_are_one_fewer_where_the_commission_would_not_be_covered() -> None:
    fill = filled(account_with(1000.0, whole_shares=True, commission_per_share=0.01).fill_to_weight(1.0, 50.0))
    assert (fill.quantity, fill.cash) == (19.0, approx(1000.0 - 19 * 50.01))


def test_whole_shares_are_all_there_is_where_the_cash_is_exactly_enough() -> None:
    fill = filled(account_with(1010.0, whole_shares=True, commission_minimum=10.0).fill_to_weight(1.0, 50.0))
    assert (fill.quantity, fill.cash) == (20.0, 0.0)


def test_a_quantity_of_whole_shares_is_rounded_towards_zero() -> None:
    account = account_with(1000.0, whole_shares=True)
    assert filled(account.fill_quantity(7.9, 10.0)).quantity == 7.0
    assert filled(account.fill_quantity(-2.9, 10.0)).quantity == -2.0
    assert account.fill_quantity(-0.9, 10.0) is None


def test_slippage_makes_buying_dearer_and_selling_cheaper() -> None:
    account = account_with(10_000.0, slippage_bps=100.0)
    bought = filled(account.fill_quantity(10.0, 50.0))
    sold = filled(account.fill_quantity(-10.0, 50.0))
    assert (bought.price, bought.slippage) == (approx(50.5), approx(5.0))
    assert (sold.price, sold.slippage) == (approx(49.5), approx(5.0))
    assert account.cash == approx(10_000.0 - 10.0)


def test_a_weight_between_is_that_share_of_the_equity() -> None:
    account = account_with(1000.0)
    assert filled(account.fill_to_weight(0.4, 10.0)).position == approx(40.0)
    more = filled(account.fill_to_weight(0.75, 20.0))  # equity is 600 + 40 * 20 = 1400
    assert (more.position * 20.0, more.cash) == (approx(1050.0), approx(350.0))
    less = filled(account.fill_to_weight(0.5, 10.0))  # equity is 350 + 52.5 * 10 = 875
    assert (less.position * 10.0, less.cash) == (approx(437.5), approx(437.5))


def test_costs_are_paid_out_of_the_share_of_equity_that_is_bought_for() -> None:
    fill = filled(account_with(1000.0, commission_bps=100.0).fill_to_weight(0.5, 10.0))
    assert fill.cash == approx(500.0)
    assert fill.quantity * fill.price + fill.commission == approx(500.0)


def test_selling_to_a_weight_with_slippage_meets_the_weight_at_the_price_of_the_fill() -> None:
    account = account_with(1000.0, slippage_bps=100.0)
    account.fill_to_weight(1.0, 10.0)
    fill = filled(account.fill_to_weight(0.5, 10.0))
    assert fill.position * fill.price == approx(fill.cash)


def test_a_sale_to_a_small_weight_never_turns_into_a_short_position() -> None:
    account = account_with(1000.0, slippage_bps=100.0)
    account.fill_to_weight(1.0, 10.0)
    assert filled(account.fill_to_weight(0.001, 10.0)).position > 0.0


def test_weight_zero_sells_exactly_what_is_held() -> None:
    account = account_with(1000.0, commission_bps=5.0)
    account.fill_to_weight(1.0, 3.7)
    assert filled(account.fill_to_weight(0.0, 4.1)).position == account.position == 0.0


def test_weight_minus_one_is_short_by_the_whole_equity() -> None:
    fill = filled(account_with(1000.0).fill_to_weight(-1.0, 10.0))
    assert (fill.quantity, fill.cash, fill.position) == (-100.0, 2000.0, -100.0)


def test_a_flip_from_long_to_short_sells_the_position_and_the_equity() -> None:
    account = account_with(1000.0)
    account.fill_to_weight(1.0, 10.0)
    fill = filled(account.fill_to_weight(-1.0, 20.0))  # equity 2000 in 100 shares
    assert (fill.quantity, fill.cash, fill.position) == (-200.0, 4000.0, -100.0)


def test_a_flip_from_short_to_long_covers_and_buys_for_what_is_left() -> None:
    account = account_with(1000.0)
    account.fill_to_weight(-1.0, 10.0)
    fill = filled(account.fill_to_weight(1.0, 12.5))  # equity 2000 - 100 * 12.5 = 750
    assert (fill.quantity, fill.cash, fill.position) == (approx(160.0), approx(0.0), approx(60.0))


def test_covering_a_short_position_can_use_up_more_than_the_cash() -> None:
    account = account_with(1000.0)
    account.fill_to_weight(-1.0, 10.0)
    fill = filled(account.fill_to_weight(0.0, 30.0))
    assert (fill.position, fill.cash) == (0.0, -1000.0)


@pytest.mark.parametrize(
    ("quantity", "costs"),
    [
        (100.1, {}),
        (100.0, {"commission_bps": 1.0}),
        (100.0, {"commission_per_share": 0.01}),
        (99.0, {"commission_minimum": 10.01}),
        (100.0, {"slippage_bps": 1.0}),
        (0.9, {"whole_shares": True}),
        (0.0, {}),
    ],
)
def test_a_quantity_that_the_cash_does_not_cover_or_that_is_nothing_is_refused(
    quantity: float, costs: dict[str, Any]
) -> None:
    account = account_with(1000.0, **costs)
    assert account.fill_quantity(quantity, 10.0) is None
    assert (account.cash, account.position) == (1000.0, 0.0)


@pytest.mark.parametrize(
    ("cash", "price", "costs"),
    [
        (1000.0, 1000.01, {"whole_shares": True}),
        (1000.0, 1000.0, {"whole_shares": True, "commission_bps": 1.0}),
        (5.0, 1.0, {"commission_minimum": 5.0}),
        (5.0, 1.0, {"commission_minimum": 5.0, "whole_shares": True}),
    ],
)
def test_a_weight_that_the_cash_buys_nothing_for_is_refused(cash: float, price: float, costs: dict[str, Any]) -> None:
    account = account_with(cash, **costs)
    assert account.fill_to_weight(1.0, price) is None
    assert (account.cash, account.position) == (cash, 0.0)


def test_a_weight_above_one_buys_what_the_cash_allows_and_no_more() -> None:
    fill = filled(account_with(1000.0, commission_bps=100.0).fill_to_weight(2.0, 10.0))
    assert (fill.quantity, fill.cash) == (approx(1000.0 / 10.1), approx(0.0))


def test_a_weight_that_is_held_already_trades_nothing() -> None:
    account = account_with(1000.0)
    assert account.fill_to_weight(0.0, 10.0) is None
    account.fill_to_weight(1.0, 10.0)
    assert account.fill_to_weight(1.0, 20.0) is None


@given(
    wanted=st.lists(st.sampled_from([0.0, 10.0, 7.3, -4.0, 90.0]), max_size=8),
    costs=st.fixed_dictionaries(
        {
            "commission_bps": st.sampled_from([0.0, 10.0]),
            "commission_minimum": st.sampled_from([0.0, 1.0]),
            "slippage_bps": st.sampled_from([0.0, 5.0]),
            "whole_shares": st.booleans(),
        }
    ),
)
def test_shares_asked_for_all_at_once_are_filled_as_if_one_by_one(wanted: list[float], costs: dict[str, Any]) -> None:
    prices = [11.0, 13.5, 9.7, 10.1, 17.3, 12.9, 8.8, 14.2][: len(wanted)]
    together, account = account_with(1000.0, **costs), account_with(1000.0, **costs)
    fills = together.fill_to_shares(np.array(wanted, dtype=np.float64), np.array(prices, dtype=np.float64))
    for order, (shares, price) in enumerate(zip(wanted, prices, strict=True)):
        fill = account.fill_quantity(shares - account.position, price)
        (row,) = np.flatnonzero(fills.order == order) if fill else (None,)
        if fill is not None:
            columns = (fills.quantity, fills.price, fills.commission, fills.cash, fills.position)
            found = tuple(float(column[row]) for column in columns)
            assert found == (fill.quantity, fill.price, fill.commission, fill.cash, fill.position)
        else:
            assert order not in fills.order
    assert (together.cash, together.position) == (account.cash, account.position)

"""The terms of an order are relative to the close of its decision."""

from typing import Any

import pytest

from topologies.components.risk.order_terms import OrderTerms


@pytest.mark.parametrize(
    ("order_type", "buys", "prices"),
    [
        ("market", True, {}),
        ("limit", True, {"limit_price": 99.0}),
        ("limit", False, {"limit_price": 101.0}),
        ("stop", True, {"stop_price": 102.0}),
        ("stop", False, {"stop_price": 98.0}),
        ("stop_limit", True, {"limit_price": 99.0, "stop_price": 102.0}),
    ],
)
def test_a_limit_is_better_than_the_close_and_a_stop_worse(order_type: str, buys: bool, prices: dict[str, Any]) -> None:
    terms = OrderTerms(order_type, limit_bps=100.0, stop_bps=200.0, valid_bars=3)
    assert terms.of(100.0, buys=buys) == {"order_type": order_type, "valid_bars": 3} | prices

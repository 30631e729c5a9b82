"""An account and its risk rules are what the configuration of the phase says."""

from typing import Any

import pytest

from phase_worker.contract.errors import ComponentError
from tests.fakes.market import registry_with
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.components.risk.sizers import Holding

EXECUTION: dict[str, Any] = {
    "cash": 1000.0,
    "shares": "fractional",
    "commission": {"bps": 0.0, "per_share": 0.0, "minimum": 0.0},
    "slippage_bps": 0.0,
}
RISK: dict[str, Any] = {"sizing": "all_in", "params": {}, "max_weight": 1.0, "allow_short": False}


def commission(**changes: float) -> dict[str, Any]:
    return EXECUTION | {"commission": EXECUTION["commission"] | changes}


@pytest.mark.parametrize(
    ("execution", "quantity", "price", "paid"),
    [
        (EXECUTION, 2.5, 10.0, 0.0),
        (EXECUTION | {"shares": "whole"}, 2.0, 10.0, 0.0),
        (EXECUTION | {"slippage_bps": 50.0}, 2.5, 10.05, 0.0),
        (commission(bps=100.0), 2.5, 10.0, 0.25),
        (commission(per_share=0.5), 2.5, 10.0, 1.25),
        (commission(minimum=4.0), 2.5, 10.0, 4.0),
    ],
)
def test_each_setting_of_the_execution_reaches_the_account(
    execution: dict[str, Any], quantity: float, price: float, paid: float
) -> None:
    account = new_account(execution)
    fill = account.fill_quantity(2.5, 10.0)
    assert fill is not None
    assert (fill.quantity, fill.price, fill.commission) == (quantity, pytest.approx(price), pytest.approx(paid))
    assert account.cash == pytest.approx(1000.0 - quantity * price - paid)


def test_a_sizer_takes_its_declared_defaults_where_nothing_is_said() -> None:
    rules = new_risk_rules(registry_with(), RISK)
    assert rules.holding(0.8, price=10.0) == Holding(0.8, None)


def test_a_sizer_takes_what_is_said() -> None:
    rules = new_risk_rules(registry_with(), RISK | {"sizing": "fixed_shares", "params": {"quantity": 7.0}})
    assert rules.holding(1.0, price=10.0) == Holding(None, 7.0)


def test_the_limits_reach_the_rules() -> None:
    rules = new_risk_rules(registry_with(), RISK | {"max_weight": 0.5, "allow_short": True})
    assert (rules.grant(1.0), rules.grant(-1.0)) == ((0.5, "max_weight"), (-0.5, "max_weight"))


def test_an_unknown_sizer_is_refused() -> None:
    with pytest.raises(ComponentError, match="unknown sizer 'all-in'"):
        new_risk_rules(registry_with(), RISK | {"sizing": "all-in"})


def test_every_result_says_symbol_strategy_fill_convention_and_price_mode() -> None:
    config = {
        "bars": {"symbol": "SPY", "prices": "total_return"},
        "strategy": {"name": "momentum"},
        "execution": {"fill": "same_close", "at_end": "hold"},
    }
    said = {"symbol": "SPY", "strategy": "momentum", "fill": "same_close", "prices": "total_return"}
    assert result_labels(config) == said


def test_a_result_says_so_where_positions_are_closed_at_the_end() -> None:
    config = {
        "bars": {"symbol": "SPY", "prices": "raw"},
        "strategy": {"name": "momentum"},
        "execution": {"fill": "next_open", "at_end": "close"},
    }
    assert result_labels(config)["at_end"] == "close"

"""A sizer says how large the order for a granted target is."""

import pytest

from tests.fakes.market import registry_with
from topologies.components.risk.sizers import OrderSize, all_in, fixed_cash, fixed_shares


@pytest.mark.parametrize(("target", "fraction", "weight"), [(1.0, 1.0, 1.0), (1.0, 0.9, 0.9), (-0.5, 0.5, -0.25)])
def test_all_in_asks_for_a_fraction_of_the_equity(target: float, fraction: float, weight: float) -> None:
    assert all_in(target, position=3.0, price=7.0, fraction=fraction) == OrderSize(weight, None)


@pytest.mark.parametrize(
    ("target", "position", "quantity"), [(1.0, 0.0, 50.0), (0.0, 50.0, -50.0), (-1.0, 50.0, -100.0)]
)
def test_fixed_shares_asks_for_what_is_missing_to_the_number(target: float, position: float, quantity: float) -> None:
    assert fixed_shares(target, position=position, price=7.0, quantity=50.0) == OrderSize(None, quantity)


@pytest.mark.parametrize(("target", "position", "quantity"), [(1.0, 0.0, 25.0), (0.5, 25.0, -12.5), (0.0, 25.0, -25.0)])
def test_fixed_cash_asks_for_shares_of_that_worth(target: float, position: float, quantity: float) -> None:
    assert fixed_cash(target, position=position, price=40.0, amount=1000.0) == OrderSize(None, quantity)


def test_every_sizer_is_found_by_name_with_defaults_within_its_own_ranges() -> None:
    sizers = registry_with().get_components_by_type("sizer")
    assert [sizer.name for sizer in sizers] == ["all_in", "fixed_cash", "fixed_shares"]
    for sizer in sizers:
        for parameter in sizer.parameters.values():
            assert parameter.problem(parameter.default) is None

"""A sizer says what to hold for a granted target."""

import numpy as np
import pytest

from tests.fakes.market import registry_with
from topologies.components.risk.sizers import Holding, all_in, fixed_cash, fixed_shares


@pytest.mark.parametrize(("target", "fraction", "weight"), [(1.0, 1.0, 1.0), (1.0, 0.9, 0.9), (-0.5, 0.5, -0.25)])
def test_all_in_holds_a_fraction_of_the_equity(target: float, fraction: float, weight: float) -> None:
    assert all_in(target, price=7.0, fraction=fraction) == Holding(weight, None)


@pytest.mark.parametrize(("target", "shares"), [(1.0, 50.0), (0.0, 0.0), (-1.0, -50.0)])
def test_fixed_shares_holds_that_number(target: float, shares: float) -> None:
    assert fixed_shares(target, price=7.0, quantity=50.0) == Holding(None, shares)


@pytest.mark.parametrize(("target", "shares"), [(1.0, 25.0), (0.5, 12.5), (0.0, 0.0)])
def test_fixed_cash_holds_shares_of_that_worth(target: float, shares: float) -> None:
    assert fixed_cash(target, price=40.0, amount=1000.0) == Holding(None, shares)


def test_every_sizer_answers_arrays_as_it_answers_numbers() -> None:
    targets, prices = np.array([1.0, 0.0, -0.5]), np.array([40.0, 50.0, 60.0])
    for sizer in registry_with().get_components_by_type("sizer"):
        params = {name: parameter.default for name, parameter in sizer.parameters.items()}
        asked_once = sizer.factory(targets, price=prices, **params)
        one_by_one = [
            sizer.factory(target, price=price, **params)
            for target, price in zip(targets.tolist(), prices.tolist(), strict=True)
        ]
        for many, numbers in zip(asked_once, zip(*one_by_one, strict=True), strict=True):
            assert (list(numbers) == [None] * 3) if many is None else (many.tolist() == list(numbers))


def test_every_sizer_is_found_by_name_with_defaults_within_its_own_ranges() -> None:
    sizers = registry_with().get_components_by_type("sizer")
    assert [sizer.name for sizer in sizers] == ["all_in", "fixed_cash", "fixed_shares"]
    for sizer in sizers:
        for parameter in sizer.parameters.values():
            assert parameter.problem(parameter.default) is None

"""What the strategies declare about their parameters holds together."""

from inspect import signature
from itertools import product
from typing import Any

import pytest

from phase_worker.discovery import ComponentInfo, get_component_registry

STRATEGIES = {info.name: info for info in get_component_registry().get_components_by_type("strategy")}


def meets_constraints(info: ComponentInfo, params: dict[str, Any]) -> bool:
    return all(eval(constraint, {}, params) for constraint in info.metadata.get("constraints", ()))


def test_the_seven_strategies_are_found() -> None:
    assert set(STRATEGIES) >= {
        "bollinger",
        "buy_and_hold",
        "donchian_breakout",
        "ema_cross",
        "momentum",
        "rsi_reversion",
        "sma_cross",
    }


@pytest.mark.parametrize("info", STRATEGIES.values(), ids=STRATEGIES)
def test_defaults_and_grids_lie_within_the_declared_ranges(info: ComponentInfo) -> None:
    for name, parameter in info.parameters.items():
        assert len(parameter.grid) > 1, name
        for value in (parameter.default, *parameter.grid):
            assert parameter.problem(value) is None, name


@pytest.mark.parametrize("info", STRATEGIES.values(), ids=STRATEGIES)
def test_defaults_and_some_of_the_grid_meet_the_constraints(info: ComponentInfo) -> None:
    names = list(info.parameters)
    grid = product(*(parameter.grid for parameter in info.parameters.values()))
    assert meets_constraints(info, {name: parameter.default for name, parameter in info.parameters.items()})
    assert any(meets_constraints(info, dict(zip(names, values, strict=True))) for values in grid)


@pytest.mark.parametrize("info", STRATEGIES.values(), ids=STRATEGIES)
def test_the_function_takes_the_bars_and_the_declared_parameters(info: ComponentInfo) -> None:
    assert list(signature(info.factory).parameters) == ["bars", *info.parameters]


def test_sma_cross_declares_the_grid_of_the_reference_walk_forward() -> None:
    info = STRATEGIES["sma_cross"]
    assert {name: parameter.grid for name, parameter in info.parameters.items()} == {
        "fast": (5, 10, 20, 50),
        "slow": (20, 50, 100, 200),
    }
    assert info.metadata["constraints"] == ("fast < slow",)

"""No target at bar t depends on what comes after t, to the last bit, and every strategy does trade."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from phase_worker.discovery import get_component_registry
from topologies.bars import Bars, FloatArray
from topologies.components.strategies.intent import compute_targets, intent_changes

MakeBars = Callable[[FloatArray], Bars]

STRATEGIES = {info.name: info for info in get_component_registry().get_components_by_type("strategy")}
RNG = np.random.default_rng(11)
PRICES: FloatArray = np.round(80.0 * np.exp(np.cumsum(RNG.normal(0.0, 0.03, 800))), 2)
ENDS = (1, 2, 15, 20, 21, 30, 31, 60, 61, 200, 201, 333, 500, 799)


def param_sets(name: str) -> list[dict[str, Any]]:
    """The defaults, the first and the last values of the default grid."""
    parameters = STRATEGIES[name].parameters.items()
    return [
        {key: parameter.default for key, parameter in parameters},
        {key: parameter.grid[0] for key, parameter in parameters},
        {key: parameter.grid[-1] for key, parameter in parameters},
    ]


CASES = [(name, params) for name in STRATEGIES for params in param_sets(name)]


@pytest.mark.parametrize(("name", "params"), CASES)
def test_targets_are_the_same_when_the_bars_end_earlier(make_bars: MakeBars, name: str, params: dict[str, Any]) -> None:
    bars, factory = make_bars(PRICES), STRATEGIES[name].factory
    whole = compute_targets(factory, params, bars)
    assert whole.shape == (800,)
    for end in ENDS:
        assert compute_targets(factory, params, bars.until(end)).tobytes() == whole[:end].tobytes(), end


@pytest.mark.parametrize(("name", "params"), CASES)
def test_noise_after_a_bar_changes_no_target_up_to_it(make_bars: MakeBars, name: str, params: dict[str, Any]) -> None:
    factory = STRATEGIES[name].factory
    whole = compute_targets(factory, params, make_bars(PRICES))
    for end in ENDS:
        noisy = np.concatenate((PRICES[:end], PRICES[end:] * RNG.lognormal(0.0, 0.5, 800 - end)))
        assert compute_targets(factory, params, make_bars(noisy))[:end].tobytes() == whole[:end].tobytes(), end


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_changes_its_mind_on_a_long_walk(make_bars: MakeBars, name: str) -> None:
    targets = compute_targets(STRATEGIES[name].factory, param_sets(name)[0], make_bars(PRICES))
    changed, _, _ = intent_changes(targets, 0, 800)
    assert len(changed) == 1 if name == "buy_and_hold" else len(changed) > 2


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_of_too_few_bars_stays_flat(make_bars: MakeBars, name: str) -> None:
    if name != "buy_and_hold":
        assert not compute_targets(STRATEGIES[name].factory, param_sets(name)[0], make_bars(PRICES[:3])).any()

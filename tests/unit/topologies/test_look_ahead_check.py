"""The look-ahead check finds every strategy that sees ahead, says where, and accuses no other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.discovery import get_component_registry
from tests.fakes.market import FAKES, Workbench, payloads, random_walk, trading_config
from topologies.bars import Bars

PLUGINS = (FAKES / "flawed_strategies.py", FAKES / "clairvoyant_strategy.py")
LENGTH = 1500
BARS = random_walk(17, LENGTH)
SHIPPED = [info.name for info in get_component_registry(()).get_components_by_type("strategy")]


def check(folder: Path, *trials: dict[str, Any], bars: Bars = BARS) -> list[dict[str, Any]]:
    bench = Workbench(folder, plugins=PLUGINS)
    config = trading_config(bench.add_data(bars), {}) | {"trials": list(trials)}
    return payloads(bench.run("look_ahead_check", config), "LOOK_AHEAD_CHECK")


def trial(name: str, **params: Any) -> dict[str, Any]:
    registry = get_component_registry(PLUGINS)
    defaults = {key: parameter.default for key, parameter in registry.get("strategy", name).parameters.items()}
    return {"strategy": name, "params": defaults | params}


@pytest.mark.parametrize(
    ("name", "furthest"),
    [("clairvoyant", 1), ("centred_average", 2), ("seldom_clairvoyant", 1), ("filled_backwards", 21)],
)
def test_a_strategy_that_sees_a_few_bars_ahead_is_found_where_it_does(name: str, furthest: int, tmp_path: Path) -> None:
    [found] = check(tmp_path, trial(name))
    finding = found["finding"]
    assert finding is not None
    assert 0 < finding["cut"] - finding["bar"] <= furthest
    assert finding["timestamp"] == BARS.timestamp(finding["bar"])
    assert {finding["target"], finding["target_then"]} == {0.0, 1.0}


def test_the_first_bar_whose_decision_changes_is_named(tmp_path: Path) -> None:
    [found] = check(tmp_path, trial("normalised_by_all", window=10))
    momentum = np.full(LENGTH, np.nan)
    momentum[10:] = BARS.close[10:] / BARS.close[:-10] - 1.0
    above = momentum > np.nanmean(momentum)
    cut = found["finding"]["cut"]
    then = momentum[:cut] > np.nanmean(momentum[:cut])
    assert found["finding"]["what"] == "missing"
    assert found["finding"]["bar"] == np.flatnonzero(above[:cut] != then)[0]


def test_a_strategy_asked_bar_by_bar_that_remembers_an_earlier_run_is_found(tmp_path: Path) -> None:
    assert check(tmp_path, trial("remembering"))[0]["finding"] is not None


def test_strategies_that_do_not_look_ahead_are_not_accused(tmp_path: Path) -> None:
    found = check(tmp_path, trial("honest"), *map(trial, SHIPPED))
    assert [each["strategy"] for each in found] == ["honest", *SHIPPED]
    assert [each["finding"] for each in found] == [None] * len(found)
    assert found[0]["cuts"] > 40


def test_each_trial_is_judged_by_itself(tmp_path: Path) -> None:
    found = check(tmp_path, trial("honest"), trial("clairvoyant"), trial("honest", window=5))
    assert [each["finding"] is not None for each in found] == [False, True, False]


def test_of_many_trials_the_first_the_last_and_some_between_are_tried(tmp_path: Path) -> None:
    found = check(
        tmp_path, *(trial("sma_cross", fast=2, slow=slow) for slow in range(3, 303)), bars=random_walk(1, 400)
    )
    assert len(found) == 40
    assert (found[0]["params"]["slow"], found[-1]["params"]["slow"]) == (3, 302)
    assert {each["all_trials"] for each in found} == {300}


@pytest.mark.parametrize("length", [1, 2, 5])
def test_few_bars_are_no_error(length: int, tmp_path: Path) -> None:
    assert check(tmp_path, trial("sma_cross"), bars=random_walk(1, length))[0]["finding"] is None

"""The phase that tells what follows a rule's buys and sells."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError
from tests.fakes.market import Workbench, random_walk, trading_config
from topologies.components.metrics.rule_returns import rule_returns

RULE: dict[str, Any] = {"name": "variable_moving_average", "params": {"short": 1, "long": 5, "band": 0.0}}


def test_each_set_of_parameters_has_its_figures_in_order(tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path), random_walk(3, 80)
    trials = [{}, {"long": 9}, {"long": 9, "band": 0.02}]
    found = bench.run("rule_returns", trading_config(bench.add_data(bars), RULE | {"trials": trials}))
    assert [event.event_type for event in found] == ["RULE_RETURNS"] * 3
    assert [event.payload["params"] for event in found] == [RULE["params"] | trial for trial in trials]
    assert len({event.payload["buy_days"] for event in found}) == 3
    assert {event.payload["returns"] for event in found} == {79}


def test_averages_are_warm_from_the_bars_before_the_first_that_counts(tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path), random_walk(3, 80)
    config = trading_config(bench.add_data(bars), RULE | {"trials": [{"long": 20}]}, bars={"start": 30, "end": 70})
    [event] = bench.run("rule_returns", config)
    averages = [bars.close[day - 19 : day + 1].mean() for day in range(30, 70)]
    said = np.where(bars.close[30:70] > averages, 1.0, -1.0)
    expected = rule_returns(bars.close[30:70], said)
    assert {name: event.payload[name] for name in expected} == pytest.approx(expected)
    assert event.payload["buy_days"] + event.payload["sell_days"] == 39
    assert (event.payload["first"], event.payload["last"]) == (bars.timestamp(30), bars.timestamp(69))


def test_no_sets_of_parameters_are_a_mistake(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    with pytest.raises(ConfigError, match=r"strategy\.trials is empty"):
        bench.run("rule_returns", trading_config(bench.add_data(random_walk(3, 20)), RULE))

"""An adaptive search learns from its trials, is the same for the same seed, and keeps every trial."""

from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract.errors import ConfigError
from tests.fakes.market import Workbench, payloads, random_walk, trading_config
from topologies.adaptive_search import Params, adaptive_trials

SPEC: dict[str, Any] = {
    "version": version("optuna"),
    "trials": 40,
    "seed": 5,
    "ranges": {"fast": [2, 60], "slow": [20, 250], "band": [0.0, 1.0]},
    "params": {"fast": 10, "slow": 30, "band": 0.5, "kind": "sma"},
    "constraints": ["fast < slow"],
    "objective": "sharpe_ratio",
}


def near(params: Params) -> dict[str, Any]:
    """The better, the nearer to one point."""
    return {"sharpe_ratio": -(((params["fast"] - 20) / 58) ** 2) - ((params["slow"] - 100) / 230) ** 2}


def proposed(evaluate: Any = near, **changes: Any) -> list[Params]:
    return [params for params, _ in adaptive_trials({**SPEC, **changes}, evaluate)]


def test_one_seed_gives_the_same_trials_and_another_gives_others() -> None:
    assert proposed() == proposed()
    assert proposed(seed=6) != proposed()


def test_every_trial_is_within_the_ranges_and_the_constraints_and_keeps_what_is_not_varied() -> None:
    for params in proposed():
        assert list(params) == ["fast", "slow", "band", "kind"]
        assert 2 <= params["fast"] < params["slow"] <= 250
        assert 0.0 <= params["band"] <= 1.0
        assert [type(value) for value in params.values()] == [int, int, float, str]


def test_it_goes_where_the_objective_is_high() -> None:
    trials = proposed(trials=80)
    early, late = ([near(params)["sharpe_ratio"] for params in part] for part in (trials[:20], trials[-20:]))
    assert sum(late) / 20 > sum(early) / 20 + 0.05
    assert proposed(lambda params: {"sharpe_ratio": -near(params)["sharpe_ratio"]})[-10:] != proposed()[-10:]


def test_trials_without_the_objective_are_no_reason_to_stop() -> None:
    undefined = {"sharpe_ratio": None}
    assert len(proposed(lambda params: undefined)) == 40
    trials = proposed(lambda params: near(params) if params["fast"] < 30 else undefined, trials=80)
    assert sum(params["fast"] < 30 for params in trials[-20:]) > 14


def test_constraints_that_allow_next_to_nothing_are_refused_and_not_searched_for_ever() -> None:
    with pytest.raises(ConfigError, match=r"of 200 proposals the constraints \(fast > slow\) allow [0-9]") as caught:
        proposed(trials=2, constraints=["fast > slow"], ranges={"fast": [2, 20], "slow": [20, 250]})
    assert caught.value.code == "E-GRID"


def test_another_version_than_the_run_was_planned_with_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"planned with Optuna 1\.0, which draws by other rules"):
        proposed(version="1.0")


def test_every_trial_is_in_the_trace_the_same_set_twice_too(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    spec = {**SPEC, "trials": 12, "ranges": {"fast": [2, 3], "slow": [8, 9]}, "params": {"fast": 2, "slow": 8}}
    config = trading_config(bench.add_data(random_walk(4, 120)), {"name": "sma_cross", "search": spec})
    events = bench.run("parameter_sweep", config)
    trials = payloads(events, "PORTFOLIO_METRICS")
    assert [(trial["trial"], trial["trials"]) for trial in trials] == [(number, 12) for number in range(12)]
    counted = Counter((trial["params"]["fast"], trial["params"]["slow"]) for trial in trials)
    assert max(counted.values()) > 1
    assert events == bench.run("parameter_sweep", config)
    same = trading_config(bench.add_data(random_walk(4, 120)), {"name": "sma_cross"})
    same["strategy"]["trials"] = [trial["params"] for trial in trials]
    assert payloads(bench.run("parameter_sweep", same), "PORTFOLIO_METRICS") == trials

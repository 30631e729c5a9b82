"""The workflow custom runs the phases that the job lists."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.plan import Phase
from orchestrator.workflows.custom import custom
from phase_worker.contract import Condition, ConfigError
from tests.fakes.planned_runs import bounds, facts, new_job

LISTED = {
    "sweep": {"topology": "parameter_sweep", "config": {"strategy": {"name": "sma_cross", "trials": [{"fast": 5}]}}},
    "pick": {"topology": "selection", "depends_on": ["sweep"], "config": {"objective": "cagr"}},
}


def phases(folder: Path, listed: dict[str, Any]) -> list[Phase]:
    return custom(new_job(folder, "custom", phases=listed), facts(500))


def test_phases_are_those_of_the_job_with_their_own_settings_over_the_jobs(tmp_path: Path) -> None:
    sweep, pick = phases(tmp_path, LISTED)
    assert (sweep.name, sweep.topology, sweep.depends_on) == ("sweep", "parameter_sweep", ())
    assert (pick.name, pick.topology, pick.depends_on) == ("pick", "selection", ("sweep",))
    assert bounds(sweep) == (0, 500)
    assert sweep.config["strategy"]["trials"] == [{"fast": 5}]
    assert sweep.config["execution"]["cash"] == 100_000.0
    assert (sweep.config["objective"], pick.config["objective"]) == ("sharpe_ratio", "cagr")


def test_without_settings_of_its_own_a_phase_has_the_jobs(tmp_path: Path) -> None:
    (phase,) = phases(tmp_path, {"trade": {"topology": "backtest"}})
    assert phase.config["strategy"]["params"] == {"fast": 10, "slow": 30}


def by_name(folder: Path, listed: dict[str, Any]) -> dict[str, Phase]:
    return {phase.name: phase for phase in phases(folder, listed)}


FAN_OUT: dict[str, Any] = {
    "sweep": {
        "topology": "parameter_sweep",
        "for_each": [{"bars": {"start": 0, "end": 100}}, {"bars": {"start": 100, "end": 200}}],
        "config": {"strategy": {"trials": [{"fast": 5}]}},
    },
    "pick": {"topology": "selection", "for_each_of": "sweep"},
    "trade": {
        "topology": "backtest",
        "for_each_of": "pick",
        "for_each": [{"bars": {"start": 100, "end": 200}}, {"bars": {"start": 200, "end": 300}}],
        "config": {"strategy": {"params_from": "pick"}},
        "when": [{"phase": "pick", "category": "selections", "field": "value", "above": 0}],
    },
    "join": {"topology": "selection", "depends_on": ["trade"], "requires": "any"},
}


def test_a_fan_out_is_one_phase_for_each_entry_with_its_settings(tmp_path: Path) -> None:
    found = by_name(tmp_path, FAN_OUT)
    assert list(found) == ["sweep-01", "sweep-02", "pick-01", "pick-02", "trade-01", "trade-02", "join"]
    assert [bounds(found[name]) for name in ("sweep-01", "sweep-02", "trade-02")] == [(0, 100), (100, 200), (200, 300)]
    assert found["sweep-02"].config["strategy"]["trials"] == [{"fast": 5}]


def test_a_fan_out_beside_another_goes_with_it_one_by_one(tmp_path: Path) -> None:
    found = by_name(tmp_path, FAN_OUT)
    assert (found["pick-02"].depends_on, found["trade-01"].depends_on) == (("sweep-02",), ("pick-01",))
    assert found["trade-02"].config["strategy"]["params_from"] == "pick-02"
    assert found["trade-02"].when == (Condition(("pick-02",), "selections", "value", above=0.0),)


def test_a_join_depends_on_all_of_a_fan_out(tmp_path: Path) -> None:
    join = by_name(tmp_path, FAN_OUT)["join"]
    assert (join.depends_on, join.requires) == (("trade-01", "trade-02"), "any")


def test_a_condition_may_be_on_a_whole_fan_out(tmp_path: Path) -> None:
    on_all = {"phase": "sweep", "category": "portfolio_metrics", "field": "cagr", "rows": "any", "above": 0}
    found = by_name(tmp_path, {**FAN_OUT, "extra": {"topology": "backtest", "when": [on_all]}})
    assert found["extra"].when[0].phases == ("sweep-01", "sweep-02")


def test_a_key_with_dots_changes_that_setting_alone(tmp_path: Path) -> None:
    listed = {"trade": {"topology": "backtest", "for_each": [{"strategy.params.fast": fast} for fast in (3, 4)]}}
    found = phases(tmp_path, listed)
    assert [phase.config["strategy"]["params"] for phase in found] == [{"fast": 3, "slow": 30}, {"fast": 4, "slow": 30}]


def test_a_key_into_what_is_no_section_is_refused(tmp_path: Path) -> None:
    listed = {"trade": {"topology": "backtest", "for_each": [{"objective.x": 1}]}}
    with pytest.raises(ConfigError, match=r"phases\.trade\.for_each: objective\.x: 'objective' is no section"):
        phases(tmp_path, listed)

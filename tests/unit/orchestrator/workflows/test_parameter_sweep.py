"""The workflow parameter_sweep tries the whole grid on all bars, then runs the best in full."""

from pathlib import Path

from orchestrator.workflows.parameter_sweep import parameter_sweep
from tests.fakes.planned_runs import bounds, facts, new_job


def test_it_sweeps_selects_and_runs_the_best(tmp_path: Path) -> None:
    sweep, select, best = parameter_sweep(new_job(tmp_path, "parameter_sweep", objective="cagr"), facts(500))
    assert (sweep.name, sweep.topology, sweep.depends_on) == ("sweep", "parameter_sweep", ())
    assert (select.name, select.topology, select.depends_on) == ("select", "selection", ("sweep",))
    assert (best.name, best.topology, best.depends_on) == ("best", "backtest", ("select",))
    assert bounds(sweep) == bounds(best) == (0, 500)
    trials = sweep.config["strategy"]["trials"]
    assert [(trial["fast"], trial["slow"]) for trial in trials] == [(5, 20), (5, 50), (10, 20), (10, 50)]
    assert select.config["objective"] == "cagr"
    assert best.config["strategy"] == {"name": "sma_cross", "params_from": "select"}

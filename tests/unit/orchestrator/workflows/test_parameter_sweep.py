"""The workflow parameter_sweep tries the whole grid on all bars, then runs the best in full."""

from dataclasses import replace
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


def test_shards_have_all_trials_in_order_and_one_selection(tmp_path: Path) -> None:
    job = new_job(tmp_path, "parameter_sweep")
    [whole, *_] = parameter_sweep(job, facts(500))
    first, second, third, select, best = parameter_sweep(replace(job, shards=3), facts(500))
    shards = [phase.config["strategy"] for phase in (first, second, third)]
    assert [trial for shard in shards for trial in shard["trials"]] == whole.config["strategy"]["trials"]
    assert [shard["shard"] for shard in shards] == [[0, 4], [1, 4], [2, 4]]
    assert (select.depends_on, best.depends_on) == (("sweep-01", "sweep-02", "sweep-03"), ("select",))
    assert "shard" not in whole.config["strategy"]

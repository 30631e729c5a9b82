"""The workflow monte_carlo resamples bars in shards, and the trades of a backtest."""

from pathlib import Path

from orchestrator.workflows.monte_carlo import monte_carlo
from tests.fakes.planned_runs import facts, new_job


def test_shards_share_the_paths_and_the_last_phase_reads_all(tmp_path: Path) -> None:
    job = new_job(tmp_path, "monte_carlo", monte_carlo={"paths": 100, "seed": 4}, shards=3, trace={"level": "metrics"})
    planned = {phase.name: phase for phase in monte_carlo(job, facts(500))}
    assert {name: (phase.topology, phase.depends_on) for name, phase in planned.items()} == {
        "backtest": ("backtest", ()),
        "bars-01": ("bar_bootstrap", ()),
        "bars-02": ("bar_bootstrap", ()),
        "bars-03": ("bar_bootstrap", ()),
        "trades": ("trade_bootstrap", ("backtest",)),
        "distribution": ("monte_carlo_distribution", ("backtest", "bars-01", "bars-02", "bars-03", "trades")),
    }
    drawn = [planned[f"bars-0{number}"].config["monte_carlo"] for number in (1, 2, 3)]
    assert [(shard["first"], shard["end"]) for shard in drawn] == [(0, 33), (33, 66), (66, 100)]
    assert {(shard["seed"], shard["block"]) for shard in drawn} == {(4, 20)}


def test_the_backtest_keeps_its_trades_whatever_the_trace_level(tmp_path: Path) -> None:
    backtest, bars, *_ = monte_carlo(new_job(tmp_path, "monte_carlo", trace={"level": "metrics"}), facts(500))
    assert (backtest.config["trace"]["level"], bars.config["trace"]["level"]) == ("full", "metrics")
    assert bars.name == "bars"

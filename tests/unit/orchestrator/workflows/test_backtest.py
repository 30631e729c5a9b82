"""The workflow backtest is one phase over all bars."""

from pathlib import Path

from orchestrator.workflows.backtest import backtest
from tests.fakes.planned_runs import bounds, facts, new_job


def test_one_phase_trades_all_bars_with_the_jobs_parameters(tmp_path: Path) -> None:
    job = new_job(tmp_path, "backtest", strategy={"name": "sma_cross", "params": {"slow": 100}})
    (phase,) = backtest(job, facts(500))
    assert (phase.name, phase.topology, phase.depends_on) == ("backtest", "backtest", ())
    assert bounds(phase) == (0, 500)
    assert phase.config["strategy"] == {"name": "sma_cross", "params": {"fast": 10, "slow": 100}}

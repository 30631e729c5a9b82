"""A Monte Carlo run from the command line: the same paths in however many shards and workers."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.command_line import daybreak, phases_of, run_json
from tests.fakes.scripted_jobs import write_bars


def write_monte_carlo(folder: Path, **changes: Any) -> Path:
    write_bars(folder, 400)
    job = {
        "workflow": "monte_carlo",
        "workflow_id": "mc",
        "strategy": {"name": "sma_cross", "params": {"fast": 5, "slow": 20}},
        "data_file": "SPY.csv",
        "monte_carlo": {"paths": 40, "block": 10, "seed": 1},
        "report": False,
        "statistics": False,
    }
    path = folder / "mc.yaml"
    path.write_text(json.dumps(job | changes))
    return path


def distributions(result: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = phases_of(result)["distribution"]["extracted_results"]["distributions"]
    return found


def test_shards_and_workers_change_no_number(tmp_path: Path) -> None:
    (sharded := tmp_path / "sharded").mkdir()
    job = write_monte_carlo(tmp_path)
    one = run_json(tmp_path, job)
    many = run_json(sharded, write_monte_carlo(sharded, shards=3, resources={"workers": 2}), "--slots", 2)
    assert distributions(one) == distributions(many)
    assert one["summary"] == many["summary"]
    assert [spread["count"] for spread in distributions(one)] == [40] * 8
    backtest = phases_of(one)["backtest"]["extracted_results"]["portfolio_metrics"][0]
    assert one["summary"]["final_equity"] == backtest["final_equity"]
    printed = daybreak(tmp_path, "run", job).stdout
    assert "Over 40 resamples of the bars:" in printed
    assert "Over 40 resamples of the trades:" in printed

"""A sweep in shards, from the command line, is the sweep in one phase."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.command_line import phases_of, run_json
from tests.fakes.scripted_jobs import write_bars


def sweep(folder: Path, shards: int) -> dict[str, Any]:
    write_bars(folder, 300)
    job = {
        "workflow": "parameter_sweep",
        "strategy": {"name": "sma_cross", "grid": {"fast": [2, 5, 10], "slow": [20, 30, 40, 50]}},
        "data_file": "SPY.csv",
        "report": False,
        "shards": shards,
        "workflow_id": f"shards-{shards}",
    }
    (folder / "job.yaml").write_text(json.dumps(job))
    return run_json(folder, "job.yaml")


def trials(result: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        metrics | {"event_id": None}
        for name, phase in phases_of(result).items()
        if name.startswith("sweep")
        for metrics in phase["extracted_results"]["portfolio_metrics"]
    ]
    return sorted(found, key=lambda metrics: metrics["trial"])


def test_trials_selection_result_and_statistics_do_not_depend_on_shards(tmp_path: Path) -> None:
    one, many = sweep(tmp_path, 1), sweep(tmp_path, 5)

    assert [name for name in phases_of(many) if name.startswith("sweep")] == [f"sweep-0{n}" for n in range(1, 6)]
    assert trials(one) == trials(many)
    assert [metrics["trial"] for metrics in trials(many)] == list(range(12))
    for phase, category in (("select", "selections"), ("best", "fills"), ("best", "portfolio_metrics")):
        found = phases_of(one)[phase]["extracted_results"][category]
        assert found == phases_of(many)[phase]["extracted_results"][category]
    assert one["summary"]["pbo"] == many["summary"]["pbo"]
    assert one["summary"]["dsr"] == many["summary"]["dsr"]

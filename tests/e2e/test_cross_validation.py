"""A combinatorial purged cross-validation from the command line, its paths put together from its tests."""

import json
from pathlib import Path

import pytest

from tests.fakes.command_line import daybreak, digests, phases_of, run_json
from tests.fakes.scripted_jobs import write_bars


def write_cross_validation(folder: Path) -> Path:
    write_bars(folder, 403)
    job = {
        "workflow": "combinatorial_purged_cv",
        "workflow_id": "cv",
        "strategy": {"name": "sma_cross", "grid": {"fast": [2, 5], "slow": [10, 20]}},
        "data_file": "SPY.csv",
        "windows": {"groups": 4, "test_groups": 2, "purge": 5, "embargo": 5},
        "report": False,
    }
    (folder / "cv.yaml").write_text(json.dumps(job))
    return folder / "cv.yaml"


def test_all_splits_are_tested_and_every_path_covers_every_bar_once(tmp_path: Path) -> None:
    job = write_cross_validation(tmp_path)
    result = run_json(tmp_path, job, "--slots", 2)
    found = {name: phase["extracted_results"] for name, phase in phases_of(result).items()}

    times = [
        bar
        for name in ("test-001-01", "test-001-02", "test-006-03", "test-006-04")
        for bar in found[name]["equity_curve"][0]["timestamp"]
    ]
    paths = ["path-01", "path-02", "path-03"]
    for path in paths:
        assert found[path]["equity_curve"][0]["timestamp"] == times
        assert len(times) == 403
    sharpes = sorted(found[path]["portfolio_metrics"][0]["sharpe_ratio"] for path in paths)
    [spread] = [spread for spread in found["paths"]["distributions"] if spread["figure"] == "sharpe_ratio"]
    assert [spread["minimum"], spread["median"], spread["maximum"]] == sharpes
    assert spread["mean"] == pytest.approx(sum(sharpes) / 3)
    assert result["summary"]["sharpe_ratio"] == sharpes[1]
    assert found["statistics"]["statistics"][0]["trials"] == result["summary"]["trials"] == 24

    again = tmp_path / "again"
    again.mkdir()
    assert digests(run_json(again, write_cross_validation(again))) == digests(result)
    assert "Over 3 paths:" in daybreak(tmp_path, "run", job).stdout

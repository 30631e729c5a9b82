"""A random search from the command line: drawn trials in every train window, the same in each run."""

from pathlib import Path

from tests.fakes.command_line import digests, phases_of, run_json
from tests.fakes.scripted_jobs import write_walk_forward

SEARCH = {"method": "random", "trials": 12, "seed": 5, "ranges": {"fast": [2, 20], "slow": [10, 60]}}


def test_every_drawn_trial_is_in_the_traces_and_counted(tmp_path: Path) -> None:
    result = run_json(tmp_path, write_walk_forward(tmp_path, search=SEARCH, statistics=True))

    found = {name: phase["extracted_results"] for name, phase in phases_of(result).items()}
    tried = [[trial["params"] for trial in found[name]["portfolio_metrics"]] for name in ("train-01", "train-02")]
    assert tried[0] == tried[1]
    assert len(tried[0]) == 12
    assert all(2 <= params["fast"] <= 20 and params["fast"] < params["slow"] <= 60 for params in tried[0])
    assert result["summary"]["trials"] == found["statistics"]["statistics"][0]["trials"] == 24

    (again := tmp_path / "again").mkdir()
    assert digests(run_json(again, write_walk_forward(again, search=SEARCH, statistics=True))) == digests(result)

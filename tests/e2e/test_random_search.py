"""A search beyond the grid, from the command line: the trials in every train window are the same in each run."""

from pathlib import Path

from tests.fakes.command_line import daybreak, digests, phases_of, run_json
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


def test_what_optuna_proposes_is_counted_too_and_the_same_when_it_is_run_again(tmp_path: Path) -> None:
    search = {**SEARCH, "method": "optuna"}
    result = run_json(tmp_path, write_walk_forward(tmp_path, search=search, statistics=True))
    found = {name: phase["extracted_results"] for name, phase in phases_of(result).items()}
    tried = [[trial["params"] for trial in found[name]["portfolio_metrics"]] for name in ("train-01", "train-02")]
    assert tried[0] != tried[1], "what is proposed depends on what came of the trials before"
    [chosen] = found["select-01"]["selections"]
    best = max(found["train-01"]["portfolio_metrics"], key=lambda trial: float(trial["sharpe_ratio"] or -9))
    assert (chosen["params"], chosen["trials"]) == (best["params"], 12)
    assert result["summary"]["trials"] == found["statistics"]["statistics"][0]["trials"] == 24

    (again := tmp_path / "again").mkdir()
    cold = run_json(again, write_walk_forward(again, search=search, statistics=True), "--start", "cold", "--slots", 1)
    assert digests(cold) == digests(result)
    verified = daybreak(tmp_path, "verify", tmp_path / "walk_forward.yaml")
    assert verified.returncode == 0, verified.stdout
    distinct = {tuple(params.items()) for params in (*tried[0], *tried[1])}
    assert f"({len(distinct)} of {len(distinct)} sets of parameters" in verified.stdout

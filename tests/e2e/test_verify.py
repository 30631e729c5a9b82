"""`daybreak verify` tells a run that can be trusted from one that cannot, and says where it looked."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.command_line import FinishedRun, daybreak, run_json
from tests.fakes.market import FAKES
from tests.fakes.scripted_jobs import write_walk_forward

PLUGIN = FAKES / "flawed_strategies.py"


def run_flawed(folder: Path, strategy: str) -> Path:
    job = write_walk_forward(folder, windows=1, strategy=strategy, plugins=[str(PLUGIN)])
    run_json(folder, job)
    return job


def verify_json(folder: Path, *arguments: object, code: int) -> dict[str, Any]:
    finished = daybreak(folder, "verify", *arguments, "--json")
    assert finished.returncode == code, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def test_a_run_of_a_shipped_strategy_is_verified(walk_forward: FinishedRun) -> None:
    finished = daybreak(walk_forward.folder, "verify", walk_forward.job, "--sample", 99)
    assert finished.returncode == 0, finished.stderr
    look_ahead, again, verdict = finished.stdout.splitlines()
    assert look_ahead.startswith("look-ahead: 0 found (")
    phases = len(walk_forward.result["results"]["phase_results"])
    assert again.startswith(f"run again: {phases} of {phases} phases gave the same bytes (")
    assert verdict == f"run {walk_forward.result['workflow_id']}: verified"


def test_verifying_leaves_nothing_among_the_traces(walk_forward: FinishedRun) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (walk_forward.folder / "traces").rglob("*") if path.is_file()}

    before = files()
    found = verify_json(walk_forward.folder, walk_forward.job, code=0)
    assert files() == before
    assert len(found["differences"]) == 5
    assert found == verify_json(walk_forward.folder, walk_forward.job, code=0)


def test_a_run_whose_traces_keep_metrics_only_is_verified_as_well(tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path, windows=1, trace={"level": "metrics"})
    run_json(tmp_path, job)
    assert verify_json(tmp_path, job, code=0)["checks"]


@pytest.mark.parametrize("strategy", ["normalised_by_all", "centred_average", "filled_backwards", "remembering"])
def test_a_strategy_of_the_user_s_that_looks_ahead_is_not_verified(strategy: str, tmp_path: Path) -> None:
    job = run_flawed(tmp_path, strategy)
    finished = daybreak(tmp_path, "verify", job)
    assert finished.returncode == 1
    assert f"  {strategy}" in finished.stdout
    assert ": at bar " in finished.stdout
    assert finished.stdout.splitlines()[-1].endswith(": NOT verified")


def test_one_that_does_not_is_verified(tmp_path: Path) -> None:
    found = verify_json(tmp_path, run_flawed(tmp_path, "honest"), code=0)
    assert [check["finding"] for check in found["checks"]] == [None, None]
    assert found["verified"] is True


def test_a_phase_that_gives_other_bytes_when_run_again_is_named_with_the_first_line_that_differs(
    tmp_path: Path,
) -> None:
    found = verify_json(tmp_path, run_flawed(tmp_path, "thrown_anew"), "--sample", 99, code=1)
    different = {phase for phase, text in found["differences"].items() if text}
    # What only reads other traces is the same: it reads those of the run.
    assert different == {"train-01", "test-01"}
    assert "line 2 was {" in found["differences"]["train-01"]
    assert ", run again it is {" in found["differences"]["train-01"]


def test_a_trace_that_was_changed_afterwards_is_named(tmp_path: Path) -> None:
    job = run_flawed(tmp_path, "honest")
    [trace] = (tmp_path / "traces").glob("*_test-01.jsonl")
    trace.write_bytes(trace.read_bytes().replace(b'"BUY"', b'"SELL"', 1))
    found = verify_json(tmp_path, job, "--sample", 99, code=1)
    assert {phase for phase, text in found["differences"].items() if text} >= {"test-01"}
    assert "changed after it was sealed" in found["differences"]["test-01"]


def test_a_job_that_was_not_run_is_the_user_s_mistake(tmp_path: Path) -> None:
    finished = daybreak(tmp_path, "verify", write_walk_forward(tmp_path))
    assert finished.returncode == 2
    assert "E-NORUN: this job has not been run here" in finished.stderr

"""The seed's call works in a directory that holds just SPY.csv, from Python and from the command line."""

import json
from pathlib import Path

import pytest

from tests.fakes.command_line import daybreak, digests, phases_of, run_json, run_python
from tests.fakes.scripted_jobs import write_bars

SEED = """
import json
from orchestrator import Coordinator

result = Coordinator().execute_workflow({
    'workflow': 'walk_forward',
    'strategy': 'momentum',
    'data_file': 'SPY.csv'
})
phase_results = result['results']['phase_results']
metrics = phase_results['out-of-sample']['extracted_results']['portfolio_metrics'][-1]
assert result['summary'] | metrics == result['summary']
assert result['summary']['dsr'] == phase_results['statistics']['extracted_results']['statistics'][0]['dsr'] <= 1.0
print(json.dumps(result, default=dict))
"""
SETTINGS = ("--set", "workflow=walk_forward", "--set", "strategy=momentum", "--set", "data_file=SPY.csv")
WINDOWS = 2


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file each name of a trace or an outcome stands for, and when it was written."""
    files = [*folder.glob("traces/*.jsonl"), *folder.glob("traces/*/*.outcome.json")]
    return {str(file): (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


def test_the_seeds_call_works_from_python_and_the_same_command_then_finds_it_done(tmp_path: Path) -> None:
    write_bars(tmp_path, 1008 + 252 * WINDOWS)
    called = run_python(tmp_path, SEED)
    assert called.returncode == 0, called.stderr
    result = json.loads(called.stdout)
    assert result["success"] is True
    assert result["summary"]["windows"] == WINDOWS
    assert sorted(file.name for file in tmp_path.iterdir()) == ["SPY.csv", "traces"]
    names = {file.name for file in (tmp_path / "traces").glob("*.jsonl")}
    assert names == {f"{result['workflow_id']}_{phase}.jsonl" for phase in phases_of(result)}

    before = snapshot(tmp_path)
    again = run_json(tmp_path, *SETTINGS)
    assert digests(again) == digests(result)
    assert again == result
    assert snapshot(tmp_path) == before, "nothing was executed again"


@pytest.mark.parametrize("start", ["warm", "cold"])
def test_the_same_from_the_command_line_works_beside_files_of_the_same_names_as_ours(
    tmp_path: Path, start: str
) -> None:
    write_bars(tmp_path, 1008 + 252)
    run_dir = tmp_path / "traces" / "wf-1"
    run_dir.mkdir(parents=True)
    for name in ("extractors", "topologies", "phase_worker", "orchestrator", "numpy", "orjson"):
        for place in (tmp_path, tmp_path / "traces", run_dir):
            (place / f"{name}.py").write_text("raise AssertionError('imported from the working directory')\n")
    finished = daybreak(tmp_path, "run", *SETTINGS, "--workflow-id", "wf-1", "--start", start)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-4].startswith("sharpe_ratio")
    verified = daybreak(tmp_path, "trace", "verify", "traces/wf-1_out-of-sample.jsonl")
    assert verified.returncode == 0, verified.stderr

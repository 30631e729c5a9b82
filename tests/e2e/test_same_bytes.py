"""The same job gives the same bytes, whatever ran beside it, before it, or in whatever place."""

import json
from pathlib import Path

from phase_worker.contract import read_outcome
from tests.fakes.command_line import FinishedRun, digests, phases_of, run_json
from tests.fakes.scripted_jobs import phase, write_job, write_walk_forward

COLD = ("--slots", 1, "--start", "cold")


def traces(folder: Path) -> dict[str, bytes]:
    """The content of each trace by its phase."""
    return {file.stem.partition("_")[2]: file.read_bytes() for file in folder.glob("*.jsonl")}


def test_one_slot_a_cold_start_another_directory_and_another_name_give_the_same_bytes(
    walk_forward: FinishedRun, tmp_path: Path
) -> None:
    job = write_walk_forward(tmp_path, resources={"memory": "512MiB", "time": "5m"})
    result = run_json(tmp_path, job, *COLD, "--traces", "elsewhere", "--workflow-id", "night.7")
    assert digests(result) == digests(walk_forward.result)
    assert result["summary"] == walk_forward.result["summary"]
    assert traces(tmp_path / "elsewhere") == traces(walk_forward.folder / "traces")


def test_compressed_traces_have_the_same_digests_and_the_run_goes_on_from_either(
    walk_forward: FinishedRun, tmp_path: Path
) -> None:
    job = write_walk_forward(tmp_path, trace={"compress": "zst"})
    result = run_json(tmp_path, job)
    assert digests(result) == digests(walk_forward.result)
    assert result["summary"] == walk_forward.result["summary"]
    files = {file.name: file.stat().st_ino for file in (tmp_path / "traces").glob("*.jsonl*")}
    assert files.keys() == {f"wf-1_{name}.jsonl.zst" for name in phases_of(result)}
    extracted, expected = (
        {name: phase["extracted_results"] for name, phase in phases_of(each).items()}
        for each in (result, walk_forward.result)
    )
    assert extracted == expected
    assert run_json(tmp_path, write_walk_forward(tmp_path)) == result
    assert {file.name: file.stat().st_ino for file in (tmp_path / "traces").glob("*.jsonl*")} == files


def test_sweeps_that_compute_in_several_processes_give_the_same_bytes(
    walk_forward: FinishedRun, tmp_path: Path
) -> None:
    result = run_json(tmp_path, write_walk_forward(tmp_path), "--set", "resources.workers=3")
    assert digests(result) == digests(walk_forward.result)
    assert traces(tmp_path / "traces") == traces(walk_forward.folder / "traces")
    again = run_json(tmp_path, write_walk_forward(tmp_path), "--set", "resources.workers=1")
    assert again["workflow_id"] == result["workflow_id"]


def test_the_same_job_again_executes_nothing(walk_forward: FinishedRun) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = [file for file in walk_forward.folder.rglob("*.json*") if file.name != "run.json"]
        return {str(file): (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}

    before = state()
    again = run_json(walk_forward.folder, walk_forward.job, "--slots", 1)
    assert again == walk_forward.result
    assert state() == before


def test_every_phase_is_a_process_of_its_own(walk_forward: FinishedRun) -> None:
    outcomes = [read_outcome(walk_forward.paths.outcome(name)) for name in phases_of(walk_forward.result)]
    pids = {outcome.pid for outcome in outcomes if outcome}
    assert len(pids) == len(outcomes)


def test_a_phase_gives_the_same_bytes_alone_and_after_another(tmp_path: Path) -> None:
    """Its module keeps a count: a second phase in one process, or on one bus, would see the first."""
    first, second = phase(["count"], ["count"]), phase(["count"], ["publish"])
    alone, after = tmp_path / "alone", tmp_path / "after"
    for folder, phases in ((alone, {"b": second}), (after, {"a": first, "b": second})):
        folder.mkdir()
        run_json(folder, write_job(folder, phases), "--slots", 1)
    assert traces(after / "traces")["b"] == traces(alone / "traces")["b"]
    events = [json.loads(line) for line in traces(after / "traces")["b"].splitlines()]
    assert [event.get("event_id") for event in events[:-1]] == [0, 1, 2]
    assert events[1]["payload"] == {"word": "1 times in this process"}


def test_no_trace_says_when_where_or_by_whom_it_was_written(walk_forward: FinishedRun) -> None:
    for name, content in traces(walk_forward.folder / "traces").items():
        outcome = read_outcome(walk_forward.paths.outcome(name))
        assert outcome is not None
        for secret in (outcome.host, str(walk_forward.folder), outcome.started_at[:13], walk_forward.paths.workflow_id):
            assert f'"{secret}'.encode() not in content, (name, secret)
        assert b'"pid"' not in content
        assert b'"attempt"' not in content

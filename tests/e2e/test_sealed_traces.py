"""A sealed trace is what says that a phase is done, is all that a dependent reads, and never changes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import FinishedRun, daybreak, digests, phases_of, run_json, states
from tests.fakes.scripted_jobs import PLUGIN, phase, write_bars, write_job

PHASES = {
    "first": phase(["publish", "north"]),
    "second": phase(["read inputs"], after=("first",)),
    "third": phase(["read inputs"], after=("first", "second")),
}


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file each name of a trace stands for, and when it was last written to."""
    files = sorted((folder / "traces").glob("*.jsonl"))
    return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


@pytest.fixture
def done(tmp_path: Path) -> RunPaths:
    """A run whose phases are done."""
    run_json(tmp_path, write_job(tmp_path, PHASES))
    return RunPaths(tmp_path / "traces", "wf-1")


def run_again(paths: RunPaths, *arguments: str, code: int = 0) -> dict[str, Any]:
    return run_json(paths.traces_dir.parent, "job.yaml", *arguments, code=code)


@pytest.mark.parametrize(("how", "code"), [("truncate", "E-UNSEALED"), ("edit", "E-TRACE")])
def test_a_trace_that_changes_between_two_phases_is_refused_by_the_second(tmp_path: Path, how: str, code: str) -> None:
    phases = {
        "first": phase(["publish", "north"]),
        "vandal": phase(["damage", "../wf-1_first.jsonl", how], ["publish"], after=("first",)),
        "second": phase(["read inputs"], after=("first", "vandal")),
        "third": phase(["publish"], after=("second",)),
        "other": phase(["publish"]),
    }
    result = run_json(tmp_path, write_job(tmp_path, phases), code=1)
    assert states(result) == {
        "data": "completed",
        "first": "completed",
        "vandal": "completed",
        "other": "completed",
        "second": "failed",
        "third": "skipped",
    }
    entry = phases_of(result)["second"]
    assert (entry["error"]["code"], entry["exit_code"]) == (code, 66)
    assert "wf-1_first.jsonl" in entry["error"]["message"]


@pytest.mark.parametrize("cut", [20, 200])
def test_a_truncated_trace_is_refused_at_the_next_start_until_it_is_deleted(done: RunPaths, cut: int) -> None:
    before = {name: entry["digest"] for name, entry in phases_of(run_again(done)).items()}
    trace = done.trace("first")
    trace.write_bytes(trace.read_bytes()[:-cut])

    result = run_again(done, code=1)
    assert states(result) == {"data": "completed", "first": "failed", "second": "skipped", "third": "skipped"}
    error = phases_of(result)["first"]["error"]
    assert (error["code"], phases_of(result)["first"]["exit_code"]) == ("E-UNSEALED", 66)

    trace.unlink()
    assert digests(run_again(done)) == before


def remove_outcomes(paths: RunPaths) -> None:
    for name in ("first", "third"):
        paths.outcome(name).unlink()


def remove_extracted(paths: RunPaths) -> None:
    paths.extracted("second").unlink()


def remove_all_but_the_traces(paths: RunPaths) -> None:
    shutil.rmtree(paths.run_dir)


@pytest.mark.parametrize("remove", [remove_outcomes, remove_extracted, remove_all_but_the_traces])
def test_what_is_missing_beside_a_sealed_trace_is_made_from_it(
    done: RunPaths, remove: Callable[[RunPaths], None]
) -> None:
    names = ("first", "second", "third")
    folder = done.traces_dir.parent
    traces, extracted = identities(folder), [done.extracted(name).read_bytes() for name in names]
    before = digests(run_again(done))
    remove(done)
    assert digests(run_again(done)) == before
    assert identities(folder) == traces, "no trace was written again"
    assert [done.extracted(name).read_bytes() for name in names] == extracted
    assert all(done.outcome(name).exists() for name in names)


def test_a_dependent_needs_only_sealed_traces_and_the_data(walk_forward: FinishedRun, tmp_path: Path) -> None:
    """The phases after the traces of training and selection come out the same when there is nothing else."""
    for file in (walk_forward.job, walk_forward.folder / "SPY.csv"):
        shutil.copy(file, tmp_path)
    (tmp_path / "traces").mkdir()
    for name in ("train-01", "select-01", "train-02", "select-02"):
        shutil.copy(walk_forward.paths.trace(name), tmp_path / "traces")
    kept = identities(tmp_path)
    result = run_json(tmp_path, walk_forward.job.name)
    assert digests(result) == digests(walk_forward.result)
    assert identities(tmp_path).items() >= kept.items()


def test_other_extractors_read_the_same_traces_again(done: RunPaths) -> None:
    folder = done.traces_dir.parent
    before, traces = digests(run_again(done)), identities(folder)
    result = run_again(done, "--set", "extractors=[orders]")
    assert digests(result) == before
    assert identities(folder) == traces
    assert list(phases_of(result)["first"]["extracted_results"]) == ["orders"]


def test_the_trace_of_another_run_is_not_taken_for_ones_own_and_stays_as_it_is(tmp_path: Path) -> None:
    phases = {"first": phase(["publish", "north"]), "second": phase(["read inputs"], after=("first",))}
    run_json(tmp_path, write_job(tmp_path, phases))
    other = tmp_path / "traces" / "wf-2_first.jsonl"
    shutil.copy(tmp_path / "traces" / "wf-1_first.jsonl", other)
    before = other.read_bytes()

    phases["first"] = phase(["publish", "south"])
    result = run_json(tmp_path, write_job(tmp_path, phases, workflow_id="wf-2"), code=1)
    assert states(result) == {"data": "completed", "first": "failed", "second": "skipped"}
    assert phases_of(result)["first"]["error"]["code"] == "E-IDTAKEN"
    assert other.read_bytes() == before


def test_a_workflow_id_belongs_to_one_job_with_its_data_and_its_code(tmp_path: Path) -> None:
    code = tmp_path / "mine.py"
    code.write_text('"""Mine, which declares nothing."""\n')
    job = write_job(tmp_path, PHASES, plugins=[str(PLUGIN), "mine.py"])
    run_json(tmp_path, job)
    before = identities(tmp_path)

    def assert_taken() -> None:
        finished = daybreak(tmp_path, "run", job)
        assert finished.returncode == 2
        assert "error E-IDTAKEN" in finished.stderr
        assert "Traceback" not in finished.stderr
        assert identities(tmp_path) == before

    code.write_text('"""Mine, which is another now."""\n')
    assert_taken()
    code.write_text('"""Mine, which declares nothing."""\n')
    write_bars(tmp_path, 31)
    assert_taken()
    write_job(tmp_path, PHASES | {"first": phase(["publish", "south"])}, plugins=[str(PLUGIN), "mine.py"])
    assert_taken()
    write_job(tmp_path, PHASES, plugins=[str(PLUGIN), "mine.py"])
    run_json(tmp_path, job)
    assert identities(tmp_path) == before


def test_limits_and_extractors_do_not_make_it_another_job(done: RunPaths) -> None:
    before = identities(done.traces_dir.parent)
    run_again(done, "--set", "resources.time=5m", "--set", "resources.memory=2GiB", "--set", "extractors=[fills]")
    assert identities(done.traces_dir.parent) == before

"""Phases with conditions: what is skipped is told of and no failure, and is the same however the run goes."""

from pathlib import Path

import orjson
import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import daybreak, digests, phases_of, run_json, states
from tests.fakes.scripted_jobs import write_conditional

SKIPPED = "value in the selections of 'select-02' is -0.716046, not at least 0.5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the run of a job of which one of two tests is skipped."""
    folder = tmp_path_factory.mktemp("conditions")
    run_json(folder, write_conditional(folder, at_least=0.5), "--slots", 1)
    return folder


def test_one_branch_is_skipped_and_the_join_reads_the_other(folder: Path) -> None:
    result = run_json(folder, "conditional.yaml")
    assert result["success"]
    assert {name for name, state in states(result).items() if state == "skipped"} == {"test-02"}
    assert SKIPPED in phases_of(result)["test-02"]["error"]["message"]
    [best] = phases_of(result)["best"]["extracted_results"]["selections"]
    [test] = phases_of(result)["test-01"]["extracted_results"]["portfolio_metrics"]
    assert (best["trials"], best["value"]) == (2, test["sharpe_ratio"])  # of the trials that the test was chosen from


def test_the_same_is_decided_with_any_slots_cold_and_resumed(folder: Path) -> None:
    first = run_json(folder, "conditional.yaml")
    assert digests(
        run_json(folder, "conditional.yaml", "--slots", 4, "--start", "cold", "--traces", "cold")
    ) == digests(first)
    paths = RunPaths(folder / "traces", "wf-1")
    before = paths.trace("test-02").stat()
    for name in ("test-01", "test-02"):
        paths.outcome(name).unlink()
    paths.trace("best").unlink()
    again = run_json(folder, "conditional.yaml")
    assert digests(again) == digests(first)
    assert states(again) == states(first)
    assert paths.trace("test-02").stat() == before


def test_status_and_sql_and_the_end_of_the_run_tell_why(folder: Path) -> None:
    for words in (
        ("run", "conditional.yaml"),
        ("status", "wf-1"),
        ("sql", "select phase, error from phases where state = 'skipped'", "--format", "json"),
    ):
        assert SKIPPED in daybreak(folder, *words).stdout, words


def test_where_all_is_skipped_the_run_is_still_a_success_of_what_came_before(tmp_path: Path) -> None:
    job = write_conditional(tmp_path, at_least=9, report=True)
    result = run_json(tmp_path, job)
    assert (result["success"], result["result_phase"]) == (True, "select-02")
    assert {name for name, state in states(result).items() if state == "skipped"} == {"test-01", "test-02", "best"}
    page = Path(result["report"]).read_text()
    assert (
        "&#x27;test-01&#x27;, &#x27;test-02&#x27; were skipped" in page or "'test-01', 'test-02' were skipped" in page
    )


def test_a_queue_takes_a_run_with_skipped_phases_for_done(tmp_path: Path) -> None:
    (queue := tmp_path / "jobs").mkdir()
    job = write_conditional(tmp_path, at_least=0.5)
    submitted = daybreak(tmp_path, "submit", job, "--queue", queue)
    assert submitted.returncode == 0, submitted.stderr
    drained = daybreak(tmp_path, "drain", "--queue", queue)
    assert drained.returncode == 0, drained.stderr
    assert orjson.loads(RunPaths(tmp_path / "traces", "wf-1").run_json.read_bytes())["state"] == "done"
    assert [file.name for file in (queue / "done").glob("*.json")] == ["wf-1.json"]


def test_a_condition_that_can_be_held_against_nothing_fails_its_phase(tmp_path: Path) -> None:
    job = write_conditional(tmp_path, at_least=0.5)
    job.write_text(job.read_text().replace('"field": "value"', '"field": "valu"'))
    result = run_json(tmp_path, job, code=1)
    assert states(result)["test-01"] == "failed"
    assert "which has no 'valu'. Known: " in phases_of(result)["test-01"]["error"]["message"]
    assert states(result)["best"] == "skipped"

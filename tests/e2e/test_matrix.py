"""A job with a matrix: several runs side by side, one table of them, and the same again from a queue."""

import json
from pathlib import Path
from shutil import copyfile

import pytest

from tests.fakes.command_line import Finished, daybreak, digests, run_json
from tests.fakes.scripted_jobs import write_matrix


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def ran(folder: Path) -> Finished:
    return daybreak(folder, "run", write_matrix(folder), "--slots", 2)


def test_every_cell_runs_and_the_end_is_one_table(ran: Finished) -> None:
    assert ran.returncode == 0, ran.stderr
    rows = [line.split() for line in ran.stdout.splitlines() if line]
    assert rows[0] == ["run", *(f"wf-{number}" for number in (1, 2, 3, 4))]
    assert ["data.symbol", "SPY", "SPY", "QQQ", "QQQ"] in rows
    assert ["strategy.name", "sma_cross", "buy_and_hold", "sma_cross", "buy_and_hold"] in rows
    assert ran.stdout.count("Caution: different data: SPY, 300 bars") == 1


def test_a_matrix_that_is_run_again_runs_nothing_again(folder: Path, ran: Finished) -> None:
    traces = {path: path.stat().st_mtime_ns for path in (folder / "traces").glob("*.jsonl")}
    assert len(traces) == 8
    assert daybreak(folder, "run", "matrix.yaml").stdout == ran.stdout
    assert {path: path.stat().st_mtime_ns for path in traces} == traces


def test_a_cell_leaves_the_traces_that_it_leaves_alone(folder: Path, ran: Finished, tmp_path: Path) -> None:
    both = run_json(folder, "matrix.yaml")["results"]["runs"]
    copyfile(folder / "QQQ.csv", tmp_path / "QQQ.csv")
    alone = ["workflow=backtest", "data_file=QQQ.csv", "strategy=sma_cross", "workflow_id=wf-3"]
    alone += ["report=false", "statistics=false"]
    result = run_json(tmp_path, *(word for setting in alone for word in ("--set", setting)))
    assert digests(result) == digests(both["wf-3"])
    assert result["summary"] == both["wf-3"]["summary"]


def test_compare_takes_names_and_patterns(folder: Path, ran: Finished) -> None:
    assert daybreak(folder, "compare", "wf-*").stdout == f"{ran.stdout.lstrip()}"
    two = json.loads(daybreak(folder, "compare", "wf-1", "wf-3", "--json").stdout)
    assert [run["workflow_id"] for run in two["runs"]] == ["wf-1", "wf-3"]
    assert [*two["runs"][0]["differences"]] == ["data.symbol"]
    refused = daybreak(folder, "compare", "wf-1", "wf-33")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Did you mean 'wf-3'?" in refused.stderr


def test_a_cell_that_fails_is_shown_as_failed_and_the_others_have_their_figures(tmp_path: Path) -> None:
    job = write_matrix(tmp_path, workflow="walk_forward", windows={"train": 150, "test": 50})
    finished = daybreak(tmp_path, "run", job)
    assert finished.returncode == 1
    rows = [line.split() for line in finished.stdout.splitlines() if line]
    assert ["state", "done", "done", "failed", "failed"] in rows
    assert "wf-3: error E-SCHEMA: the data has 150 bars, but one window needs" in finished.stdout
    [sharpe] = [row for row in rows if row[0] == "sharpe_ratio"]
    assert len(sharpe) == 3


def test_figures_on_bars_that_parameters_were_chosen_on_are_told_apart(tmp_path: Path) -> None:
    matrix = {"workflow": ["backtest", "parameter_sweep", "train_test", "walk_forward"]}
    windows = {"train": 150, "test": 50}
    job = write_matrix(tmp_path, matrix=matrix, strategy="sma_cross", windows=windows)
    assert daybreak(tmp_path, "run", job).returncode == 0
    compared = json.loads(daybreak(tmp_path, "compare", "wf-*", "--json").stdout)
    samples = ["given parameters", "in sample", "out of sample", "out of sample"]
    assert [run["sample"] for run in compared["runs"]] == samples
    assert [caution.partition(":")[0] for caution in compared["cautions"]] == [
        "different periods of the data",
        "not the same kind of figure",
        "chosen from different numbers of trials",
    ]


def test_a_matrix_is_queued_as_its_cells(tmp_path: Path) -> None:
    job = write_matrix(tmp_path)
    submitted = daybreak(tmp_path, "submit", job)
    assert submitted.stdout.splitlines() == [f"wf-{number}: queued" for number in (1, 2, 3, 4)]
    drained = daybreak(tmp_path, "drain")
    assert drained.returncode == 0, drained.stderr
    assert "4 done" in drained.stdout
    table = daybreak(tmp_path, "compare", "wf-*").stdout
    assert table.splitlines()[1].split() == ["state", *["done"] * 4]
    assert "wf-4: is done already, nothing to do" in daybreak(tmp_path, "submit", job).stdout


def test_check_checks_every_cell(tmp_path: Path) -> None:
    job = write_matrix(tmp_path)
    assert daybreak(tmp_path, "check", job).stdout == f"{job}: ok, 4 jobs\n"
    (tmp_path / "QQQ.csv").unlink()
    refused = daybreak(tmp_path, "check", job)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"{job}:")
    assert refused.stderr.count("E-NOFILE") == 1

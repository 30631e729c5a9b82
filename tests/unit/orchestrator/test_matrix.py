"""A job with a matrix is one job for each combination of its values."""

import re
from pathlib import Path

import pytest

from orchestrator.job import Job, JobErrors, parse_job
from orchestrator.matrix import MAX_CELLS, parse_jobs
from tests.fakes.job_folder import SMALLEST, JobFolder


def cells(jobs: JobFolder, matrix: str, text: str = SMALLEST, **overrides: str) -> tuple[Job, ...]:
    (jobs.path / "job.yaml").write_text(f"{text}matrix: {matrix}\n")
    found = parse_jobs(jobs.path / "job.yaml", overrides=overrides)
    assert isinstance(found, tuple)
    return found


def problems(jobs: JobFolder, matrix: str) -> list[str]:
    with pytest.raises(JobErrors) as caught:
        cells(jobs, matrix)
    return [re.sub(r"^\S*/job\.yaml", "job.yaml", line) for line in str(caught.value).splitlines()]


def test_a_job_without_a_matrix_is_the_job_itself(jobs: JobFolder) -> None:
    (jobs.path / "job.yaml").write_text(SMALLEST)
    assert parse_jobs(jobs.path / "job.yaml") == parse_job(jobs.path / "job.yaml")


def test_every_combination_is_a_cell_and_the_last_key_is_the_fastest(jobs: JobFolder) -> None:
    found = cells(jobs, "{strategy: [cross_fake, hold_fake], windows.train: [100, 200]}")
    assert [(job.strategy.name, job.windows.train) for job in found] == [
        ("cross_fake", 100),
        ("cross_fake", 200),
        ("hold_fake", 100),
        ("hold_fake", 200),
    ]


def test_a_cell_is_what_the_same_job_without_a_matrix_would_be(jobs: JobFolder) -> None:
    [_, cell] = cells(jobs, "{strategy: [hold_fake, {name: cross_fake, params: {fast: 3}}]}")
    assert cell == jobs.parse(SMALLEST.replace("cross_fake", "{name: cross_fake, params: {fast: 3}}"))


def test_keys_may_be_dotted_or_in_each_other(jobs: JobFolder) -> None:
    dotted = cells(jobs, "{execution.commission.bps: [1, 2]}")
    assert dotted == cells(jobs, "{execution: {commission: {bps: [1, 2]}}}")
    assert [job.execution.commission.bps for job in dotted] == [1.0, 2.0]


def test_a_symbol_has_its_file_beside_the_one_that_the_job_names(jobs: JobFolder) -> None:
    (jobs.path / "data").mkdir()
    for name in ("A.csv.gz", "BRK.B.csv.gz"):
        (jobs.path / "data" / name).touch()
    text = SMALLEST.replace("SPY.csv", "data/A.csv.gz")
    found = cells(jobs, "{symbol: [A, BRK.B]}", text)
    assert [(job.data.symbol, job.data.file.name) for job in found] == [("A", "A.csv.gz"), ("BRK.B", "BRK.B.csv.gz")]


def test_files_can_be_varied_too(jobs: JobFolder) -> None:
    (jobs.path / "QQQ.csv").touch()
    assert [job.data.symbol for job in cells(jobs, "{data_file: [SPY.csv, QQQ.csv]}")] == ["SPY", "QQQ"]


def test_cells_have_the_number_behind_the_workflow_id_or_are_called_by_their_content(jobs: JobFolder) -> None:
    matrix = f"{{windows.train: {list(range(1, 11))}}}"
    assert [job.workflow_id for job in cells(jobs, matrix, f"{SMALLEST}workflow_id: night\n")][::9] == [
        "night-01",
        "night-10",
    ]
    assert {job.workflow_id for job in cells(jobs, matrix)} == {None}


def test_settings_of_the_command_line_hold_for_every_cell_and_may_change_the_matrix(jobs: JobFolder) -> None:
    found = cells(jobs, "{strategy: [cross_fake, hold_fake]}", **{"windows.train": "77"})
    assert [job.windows.train for job in found] == [77, 77]
    assert len(cells(jobs, "{strategy: [cross_fake]}", **{"matrix.windows.train": "[1, 2]"})) == 2


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("[a]", "job.yaml:5:9: error E-MATRIX: matrix: expected a mapping from keys of the job to lists, got ['a']"),
        ("{}", "job.yaml:5:9: error E-MATRIX: matrix: expected a mapping from keys of the job to lists, got nothing"),
        ("{objective: []}", "job.yaml:5:21: error E-MATRIX: matrix.objective: expected a list of at least one value"),
        ("{windows.train: 5}", "job.yaml:5:25: error E-MATRIX: matrix.windows.train: expected a list of at least one"),
        ("{windows.train: [5, 6, 5]}", "job.yaml:5:32: error E-MATRIX: matrix.windows.train.2: 5 is given twice"),
        ("{data_file: [a], data.file: [b]}", "given twice, also as data_file: keep one"),
        ("{workflow_id: [a, b]}", "workflow_id cannot be varied"),
        ("{symbol: [../SPY]}", "job.yaml:5:19: error E-MATRIX: a symbol names a file beside data.file, got '../SPY'"),
        ("{symbol: [SPY, QQ]}", "job.yaml:5:24: error E-NOFILE: data.file: "),
        ("{strategy: [cross_fake, hold_fak]}", "job.yaml:5:33: error E-SCHEMA: strategy.name: unknown strategy"),
        ("{stratgy: [a]}", "unknown key 'stratgy'. "),
        ("{strategy.params.fast: [1, x]}", "job.yaml:5:36: error "),
    ],
)
def test_what_is_wrong_is_told_with_its_place_in_the_matrix(jobs: JobFolder, matrix: str, message: str) -> None:
    assert any(message in problem for problem in problems(jobs, matrix)), problems(jobs, matrix)


def test_one_mistake_in_many_cells_is_told_once(jobs: JobFolder) -> None:
    assert len(problems(jobs, "{strategy: [hold_fake, hold_fak], windows.train: [1, 2, 3, 4]}")) == 1


def test_a_matrix_cannot_have_more_cells_than_can_be_checked_at_once(jobs: JobFolder) -> None:
    numbers = list(range(1, 41))
    [problem] = problems(jobs, f"{{windows.train: {numbers}, windows.test: {numbers}}}")
    assert f"it has 1,600 cells. Allowed: {MAX_CELLS:,}" in problem


def test_where_one_job_is_wanted_a_matrix_is_refused(jobs: JobFolder) -> None:
    [problem] = jobs.problems(f"{SMALLEST}matrix: {{strategy: [hold_fake]}}\n")
    assert problem.startswith("job.yaml:5:1: error E-MATRIX: matrix: several jobs, but one is wanted here.")


def test_data_of_a_cell_must_lie_in_the_allowed_roots(jobs: JobFolder, tmp_path: Path) -> None:
    (jobs.path / "job.yaml").write_text(f"{SMALLEST}matrix: {{data_file: [SPY.csv, /etc/hostname]}}\n")
    with pytest.raises(JobErrors, match="E-PATH"):
        parse_jobs(jobs.path / "job.yaml", allowed_roots=[tmp_path])

"""The table of what a job file can do wrong, row by row, and how its errors are told."""

import os
import socket
from typing import Any

import pytest

from orchestrator.job import JobErrors, parse_job
from phase_worker.contract import ExitCode
from tests.fakes.job_folder import SMALLEST, JobFolder, changed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed(windows="{train: 5, train: 6}"), "5:21: error E-DUPKEY: duplicate key 'train' (first at 5:11)"),
        *(
            (changed(data=f"{{file: SPY.csv, symbol: {text}}}"), "3:31: error E-AMBIGUOUS: ")
            for text in ("NO", "on", "010", "22:22", "1_000")
        ),
        (changed(execution="{cash: .nan}"), "5:19: error E-NONFINITE: "),
        (changed(execution="{cash: -.inf}"), "5:19: error E-NONFINITE: "),
        (changed(windows="[" * 30_000), "5:41: error E-DEPTH: "),
        (changed(windows="&a {train: 5}"), "5:10: error E-ALIAS: "),
        (changed(windows="{<<: {train: 5}}"), "5:11: error E-MERGE: "),
        (changed(windows="2024-13-45"), "5:10: error E-VALUE: "),
        (changed(windows=f"{{train: {'9' * 5000}}}"), "5:18: error E-VALUE: "),
        (changed(windows="!!python/object/apply:os.system ['exit 1']"), "5:10: error E-TAG: "),
        (SMALLEST + "---\nworkflow: x\n", "5:1: error E-DOCUMENTS: "),
        (SMALLEST + "windows:\n\ttrain: 5\n", "6:1: error E-YAML: "),
        (SMALLEST + "windows: \0\n", "5:10: error E-ENCODING: "),
        ("", "1:1: error E-NOTMAP: "),
        ("walk_forward", "1:1: error E-NOTMAP: "),
        ("- workflow: walk_forward", "1:1: error E-NOTMAP: "),
        ("# nothing\n", "1:1: error E-NOTMAP: "),
        (changed(workflow="walk_froward"), "1:11: error E-SCHEMA: workflow: unknown workflow 'walk_froward'. Known: "),
        (changed(windws="{train: 5}"), "5:1: error E-SCHEMA: windws: unknown key 'windws'. Known: "),
        (changed(windows="{train: '5'}"), "5:18: error E-SCHEMA: windows.train: expected a whole number"),
        (changed(windows="{step: 100, test: 252}"), "5:17: error E-SCHEMA: windows.step: expected at least 252"),
        (changed(windows="{purge: 1008, train: 1008}"), "5:18: error E-SCHEMA: windows.purge: expected less than 1008"),
        (changed(workflow_id="../night"), "5:14: error E-ID: workflow_id: "),
        (changed(workflow_id="n" * 250), "5:14: error E-ID: workflow_id: "),
    ],
    ids=lambda value: value[:40].split(": ", 1)[-1] if value.startswith(tuple("123456789")) else "",
)
def test_a_hazard_of_a_job_file_gets_its_answer(jobs: JobFolder, text: str, expected: str) -> None:
    [problem] = jobs.problems(text)
    assert problem.startswith(f"job.yaml:{expected}")


@pytest.mark.parametrize(("text", "value"), [("1e3", 1000.0), ("1e-4", 0.0001)])
def test_exponents_are_numbers(jobs: JobFolder, text: str, value: float) -> None:
    assert jobs.parse(changed(execution=f"{{commission: {{bps: {text}}}}}")).execution.commission.bps == value


def test_all_mistakes_are_told_at_once_in_order(jobs: JobFolder) -> None:
    found = jobs.problems(
        """\
workflow: flow_fixtre
strategy: {name: cross_fake, params: {fats: 5, slow: x}, grid: {fast: [0]}, constraints: 5}
data: {file: QQQ.csv, symbol: NO}
plugins: [plugin.py, nowhere.py]
windows: {trian: 5, test: 1.5, step: 10, step: 11}
risk: {sizing: share_fake, params: {share: 5}}
objective: shrpe_ratio
phases:
  a: {topology: top_fake, depends_on: [b, x]}
  b: {topology: top_fake, depends_on: [a]}
  c_d: {depends_on: NO}
workflow_id: ..
""",
    )
    places = [(problem.split(":")[1:3], problem.split("error ")[1].split(":")[0]) for problem in found]
    assert [int(line) for (line, _), _ in places] == [1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 5, 6, 7, 9, 9, 11, 11, 11, 12]
    assert places == sorted(places, key=lambda place: tuple(map(int, place[0])))
    assert [code for _, code in places][-6:] == ["E-CYCLE", "E-NODEP", "E-ID", "E-SCHEMA", "E-AMBIGUOUS", "E-ID"]


def test_errors_are_the_users_mistake_and_carry_their_parts(jobs: JobFolder) -> None:
    with pytest.raises(JobErrors) as caught:
        jobs.parse(changed(windows="{train: 0}"))
    [problem] = caught.value.problems
    assert (problem.code, problem.place.line, problem.place.column) == ("E-SCHEMA", 5, 18)
    assert problem.where.endswith("job.yaml:5:18")
    assert caught.value.code == "E-SCHEMA"
    assert caught.value.exit_code is ExitCode.CONFIG


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"windows": {"train": float("nan")}}, "windows.train: error E-NONFINITE: "),
        ({"windows": {"train": 2**70}}, "windows.train: error E-VALUE: "),
        ({"windows": {"train": {1, 2}}}, "windows.train: error E-SCHEMA: expected text, a number, "),
        ({"windows": {3: 4}}, "windows: error E-SCHEMA: a key must be text, got 3"),
        ({"data": {"file": "a\0b"}}, "data.file: error E-VALUE: "),
        ({"data": {"file": "\udcff"}}, "data.file: error E-VALUE: "),
        ({"workflow_id": "a/b"}, "workflow_id: error E-ID: "),
    ],
)
def test_mistakes_in_a_dict_are_told_by_key_path(jobs: JobFolder, job: dict[str, Any], expected: str) -> None:
    smallest = {"workflow": "backtest", "strategy": "buy_and_hold", "data": {"file": jobs.path / "SPY.csv"}}
    with pytest.raises(JobErrors) as caught:
        parse_job(smallest | job)
    assert str(caught.value).startswith(expected)


def test_a_dict_that_holds_itself_is_refused() -> None:
    job: dict[str, Any] = {"workflow": "backtest"}
    job["windows"] = job
    with pytest.raises(JobErrors, match="error E-DEPTH: "):
        parse_job(job)


def test_files_that_are_no_job_files_are_refused(jobs: JobFolder) -> None:
    os.mkfifo(jobs.path / "fifo")
    (jobs.path / "job.yaml").write_text(SMALLEST)
    (jobs.path / "link.yaml").symlink_to("job.yaml")
    (jobs.path / "second.yaml").hardlink_to(jobs.path / "job.yaml")
    (jobs.path / "big.yaml").write_text("#" * 1_400_000)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(jobs.path / "socket"))
        for name in ("fifo", "link.yaml", "second.yaml", "socket", "."):
            with pytest.raises(JobErrors, match="error E-FILETYPE: "):
                parse_job(jobs.path / name)
    with pytest.raises(JobErrors, match="error E-TOOBIG: "):
        parse_job(jobs.path / "big.yaml")
    with pytest.raises(JobErrors, match="error E-NOFILE: "):
        parse_job(str(jobs.path / "none.yaml"))

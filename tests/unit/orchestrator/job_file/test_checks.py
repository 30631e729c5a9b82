"""A job's files must be there and allowed, and its phases must make a graph."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.job import parse_job
from tests.fakes.job_folder import SMALLEST, JobFolder, changed


def test_relative_paths_start_at_the_job_file_whatever_the_working_directory(
    jobs: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert jobs.parse(SMALLEST).data.file == jobs.path / "SPY.csv"
    monkeypatch.chdir(jobs.path)
    (jobs.path / "job.yaml").write_text(SMALLEST)
    assert parse_job("job.yaml").data.file == jobs.path / "SPY.csv"


@pytest.mark.parametrize("form", ["data: {file: QQQ.csv}", "data_file: QQQ.csv"])
def test_a_missing_data_file_is_told_with_the_path_tried(jobs: JobFolder, form: str) -> None:
    [problem] = jobs.problems(SMALLEST.replace("data: {file: SPY.csv}", form))
    column = form.index("QQQ") + 1
    assert problem.startswith(f"job.yaml:3:{column}: error E-NOFILE: data.file: {jobs.path}/QQQ.csv: No such file")


def test_data_must_be_a_file_and_given_once(jobs: JobFolder) -> None:
    os.mkfifo(jobs.path / "fifo.csv")
    assert "error E-FILETYPE: data.file: " in jobs.problems(changed(data="{file: fifo.csv}"))[0]
    assert "error E-FILETYPE: data.file: " in jobs.problems(changed(data="{file: .}"))[0]
    assert "error E-FILETYPE: data.file: " in jobs.problems(changed(data="{file: /dev/zero}"))[0]
    [problem] = jobs.problems(changed(data_file="SPY.csv"))
    assert problem.endswith("error E-SCHEMA: data.file: given twice, also as data_file: keep one")


def test_a_plugin_is_python(jobs: JobFolder) -> None:
    [problem] = jobs.problems(changed(plugins="[plugin.py, SPY.csv]"))
    assert (
        problem
        == f"job.yaml:4:22: error E-FILETYPE: plugins.1: {jobs.path}/SPY.csv is neither a .py file nor a directory"
    )


def test_paths_stay_within_the_allowed_roots(jobs: JobFolder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.csv").touch()
    (jobs.path / "link.csv").symlink_to(outside / "secret.csv")
    assert jobs.parse(SMALLEST, allowed_roots=[jobs.path]).data.file == jobs.path / "SPY.csv"
    for path in (f"../{outside.name}/secret.csv", str(outside / "secret.csv"), "link.csv"):
        [problem] = jobs.problems(changed(data=f"{{file: '{path}'}}"), allowed_roots=[jobs.path])
        assert problem.startswith("job.yaml:3:14: error E-PATH: data.file: ")
    (outside / "plugin.py").write_text("this is not Python, and is not read")
    [problem, *_] = jobs.problems(changed(plugins=f"[{outside}]"), allowed_roots=[jobs.path])
    assert not any(
        "E-COMPONENT" in problem for problem in jobs.problems(changed(plugins=f"[{outside}]"), allowed_roots=[])
    )


@pytest.mark.parametrize(
    ("key", "given", "problem"),
    [
        ("trace", "{compress: zst}", "5:19: error E-NOZST: trace.compress: compressed traces need"),
        ("statistics", "{spa: true}", "5:19: error E-NOARCH: statistics.spa: needs the package arch"),
        ("search", "optuna", "5:9: error E-NOOPTUNA: search.method: needs the package optuna"),
    ],
)
def test_what_is_not_installed_is_told_with_what_to_install(
    key: str, given: str, problem: str, jobs: JobFolder
) -> None:
    job = jobs.path / "job.yaml"
    job.write_text(changed(**{key: given}))
    script = (
        "import sys; sys.modules |= {'backports.zstd': None, 'compression.zstd': None, 'arch': None, 'optuna': None}\n"
        "from orchestrator.job import parse_job; parse_job(sys.argv[1])"
    )
    command = [sys.executable, "-c", script, str(job)]
    environment = {"PYTHONPATH": str(Path(__file__).parents[4])}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert f"job.yaml:{problem}" in result.stderr
    assert "pip install 'daybreak[" in result.stderr


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("timezone: America/New_Yrk", "there is no time zone 'America/New_Yrk'.*Did you mean 'America/New_York'"),
        ("timezone: ../../etc/passwd", "there is no time zone"),
        ("prices: split", "prices: split needs data.factors"),
        ("factors: SPY.csv", "raw prices are not adjusted: leave out data.factors"),
        ("prices: split, factors: none.csv", "E-NOFILE: data.factors: .*none.csv: No such file"),
        ("resample: 7m", "E-SCHEMA: data.resample: unknown value '7m'. Known: 10m, 15m"),
        ("format: stooq", "E-SCHEMA: data.format: unknown value 'stooq'. Known: auto, binance"),
    ],
)
def test_how_data_is_read_must_make_sense(jobs: JobFolder, data: str, said: str) -> None:
    [problem] = jobs.problems(changed(data=f"{{file: SPY.csv, {data}}}"))
    assert re.search(said, problem), problem


def test_factors_must_lie_within_the_allowed_roots_too(
    jobs: JobFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    factors = tmp_path_factory.mktemp("outside") / "factors.csv"
    factors.touch()
    text = changed(data=f"{{file: SPY.csv, prices: split, factors: {factors}}}")
    assert jobs.parse(text).data.factors == factors
    [problem] = jobs.problems(text, allowed_roots=[jobs.path])
    assert "error E-PATH: data.factors: " in problem


@pytest.mark.parametrize(
    ("given", "enabled", "spa"), [("false", False, False), ("true", True, False), ("{}", True, False)]
)
def test_statistics_are_made_or_not_by_one_word(given: str, enabled: bool, spa: bool, jobs: JobFolder) -> None:
    found = jobs.parse(changed(statistics=given)).statistics
    assert (found.enabled, found.spa) == (enabled, spa)

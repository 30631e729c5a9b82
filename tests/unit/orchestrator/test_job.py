"""What a job becomes: every default filled in, and a resolved form that is the same job."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.grid import StrategyChoice, expand_grid
from orchestrator.job import (
    Commission,
    DataChoice,
    Execution,
    Job,
    PhaseChoice,
    Resources,
    Risk,
    TraceChoice,
    Windows,
    parse_job,
)
from orchestrator.job_file.kinds import Section
from orchestrator.job_file.schema import JOB
from orchestrator.job_file.statistics import StatisticsChoice
from tests.fakes.job_folder import SMALLEST, JobFolder, changed

ROOT = Path(__file__).parents[3]


def test_the_smallest_job_has_every_default(jobs: JobFolder) -> None:
    assert jobs.parse(SMALLEST) == Job(
        workflow="flow_fake",
        strategy=StrategyChoice(
            name="cross_fake",
            params={"fast": 10, "slow": 30, "band": 0.0, "kind": "sma"},
            grid={"fast": (5, 10, 20, 50), "slow": (20, 50)},
            constraints=("fast < slow",),
        ),
        data=DataChoice(jobs.path / "SPY.csv", "SPY", "auto", None, "raw", None, None, None),
        windows=Windows(train=None, test=None, step=None, anchored=False, purge=0),
        execution=Execution(100_000.0, "next_open", "fractional", Commission(0.0, 0.0, 0.0), 0.0, None),
        risk=Risk("all_in", {"fraction": 1.0}, 1.0, True),
        objective="sharpe_ratio",
        trace=TraceChoice("full", False, "none"),
        statistics=StatisticsChoice(enabled=True, spa=False),
        resources=Resources(2**30, 600.0, 1),
        plugins=(jobs.path / "plugin.py",),
        extractors=(),
        phases=(),
        workflow_id=None,
    )


def test_every_key_of_the_schema_has_its_place_in_the_job(jobs: JobFolder) -> None:
    resolved = jobs.parse(SMALLEST + "regime: trend_regime\nportfolio: {legs: {a: {}}}\n").resolved()
    assert list(resolved) == list(JOB.own_fields)
    for name, section in JOB.own_fields.items():
        if isinstance(section, Section):
            assert list(resolved[name]) == list(section.own_fields)


def test_the_form_of_the_issue_is_read(jobs: JobFolder) -> None:
    (jobs.path / "data").mkdir()
    (jobs.path / "data" / "SPY.csv").touch()
    job = jobs.parse(
        """\
workflow: walk_forward
strategy: {name: cross_fake, grid: {fast: [5, 10], slow: [20, 50]}, constraints: ["2 * fast <= slow"]}
data: {file: data/SPY.csv, symbol: SPY}
windows: {train: 1008, test: 126, anchored: false, purge: 0}
execution:
  {cash: 100000, fill: next_open, shares: fractional, commission: {bps: 5, per_share: 0, minimum: 0}, slippage_bps: 0}
objective: sharpe_ratio
trace: {level: full}
resources: {memory: 512MiB, time: 10m, workers: 4}
plugins: [plugin.py]
"""
    )
    assert job.data.file == jobs.path / "data" / "SPY.csv"
    assert job.windows == Windows(train=1008, test=126, step=None, anchored=False, purge=0)
    assert job.execution.commission.bps == 5.0
    assert job.resources == Resources(2**29, 600.0, 4)
    assert job.strategy.constraints == ("fast < slow", "2 * fast <= slow")
    assert [(trial["fast"], trial["slow"]) for trial in expand_grid(job.strategy)] == [
        (5, 20),
        (5, 50),
        (10, 20),
        (10, 50),
    ]


def test_the_seeds_dict_works_beside_its_data(jobs: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(jobs.path)
    job = parse_job({"workflow": "walk_forward", "strategy": "momentum", "data_file": "SPY.csv"})
    assert job.data == DataChoice(jobs.path / "SPY.csv", "SPY", "auto", None, "raw", None, None, None)
    assert job.strategy.name == "momentum"
    assert set(job.strategy.grid) <= set(job.strategy.params)


def test_a_resolved_job_is_json_and_itself_that_job(jobs: JobFolder) -> None:
    job = jobs.parse(
        SMALLEST
        + """\
phases:
  one: {topology: top_fake}
  two: {topology: top_fake, depends_on: [one], config: {depth: null, list: [1, 2.5]}}
extractors: [extract_fake]
workflow_id: night-1
resources: {memory: 512MiB, time: 90s}
"""
    )
    assert parse_job(json.loads(json.dumps(job.resolved()))) == job
    assert job.phases[1] == PhaseChoice("two", "top_fake", ("one",), {"depth": None, "list": [1, 2.5]})


def test_a_job_cannot_be_changed(jobs: JobFolder) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        jobs.parse(SMALLEST).workflow = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "symbol"), [("spy.csv", "SPY"), ("BRK.B.csv", "BRK.B"), ("eurusd.csv.gz", "EURUSD"), ("x.parquet", "X")]
)
def test_the_symbol_is_the_name_of_the_file(jobs: JobFolder, name: str, symbol: str) -> None:
    (jobs.path / name).touch()
    assert jobs.parse(changed(data=f"{{file: {name}}}")).data.symbol == symbol


def test_a_dict_needs_no_yaml() -> None:
    code = (
        "import sys; from orchestrator.job import parse_job; from orchestrator.job_file.errors import JobErrors\n"
        "try: parse_job({})\n"
        "except JobErrors: print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

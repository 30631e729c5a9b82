"""Short forms, and the command line's `--set key.path=value`."""

import pytest

from orchestrator.job import parse_job
from tests.fakes.job_folder import SMALLEST, JobFolder, changed


def test_overrides_are_yaml_values_in_their_place(jobs: JobFolder) -> None:
    job = jobs.parse(
        SMALLEST,
        overrides={
            "strategy.grid.fast": "[3, 4]",
            "execution.commission.bps": "5",
            "windows.anchored": "true",
            "data.symbol": "'NO'",
            "workflow_id": "from-set",
        },
    )
    assert job.strategy.grid == {"fast": (3, 4)}
    assert job.execution.commission.bps == 5.0
    assert job.windows.anchored
    assert job.data.symbol == "NO"
    assert job.workflow_id == "from-set"


def test_overrides_know_the_short_forms(jobs: JobFolder) -> None:
    (jobs.path / "QQQ.csv").touch()
    assert jobs.parse(SMALLEST, overrides={"data_file": "QQQ.csv"}).data.symbol == "QQQ"
    short = SMALLEST.replace("data: {file: SPY.csv}", "data_file: SPY.csv")
    assert jobs.parse(short, overrides={"data.file": "QQQ.csv"}).data.symbol == "QQQ"
    assert jobs.parse(SMALLEST, overrides={"strategy": "hold_fake"}).strategy.name == "hold_fake"


def test_a_job_can_be_made_of_overrides_alone(jobs: JobFolder) -> None:
    settings = {"workflow": "backtest", "strategy": "buy_and_hold", "data_file": str(jobs.path / "SPY.csv")}
    assert parse_job({}, overrides=settings).workflow == "backtest"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("windows.train", "ten", "error E-SCHEMA: windows.train: expected a whole number of at least 1, got 'ten'"),
        ("windows.train", "010", "error E-AMBIGUOUS: '010' "),
        ("windows.train", "[1", "error E-YAML: "),
        ("windws.train", "1", "error E-SCHEMA: windws: unknown key 'windws'. "),
        ("plugins.0", "x", "error E-SCHEMA: a key above it is not a mapping"),
        ("", "x", "error E-SCHEMA: : unknown key ''. "),
        (".".join("a" * 100), "x", "error E-DEPTH: "),
    ],
)
def test_a_bad_override_is_told_by_its_key(jobs: JobFolder, key: str, value: str, message: str) -> None:
    [problem] = jobs.problems(SMALLEST, overrides={key: value})
    assert problem.startswith(f"--set {key}:")
    assert message in problem


def test_the_workflow_id_of_the_call_wins(jobs: JobFolder) -> None:
    assert jobs.parse(changed(workflow_id="from-file"), workflow_id="from-call").workflow_id == "from-call"

"""What closes a run comes after its workflow's phases, and changes nothing of them."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from orchestrator.closing_phases import with_closing_phases
from orchestrator.plan import Phase, RunSetup, plan_requests
from orchestrator.results import result_phase
from orchestrator.run import Run
from phase_worker.contract import Condition, ConfigError, Limits, PhaseRequest, PhaseState, RunPaths
from tests.fakes.finished_phases import finish
from tests.fakes.planned_runs import facts, new_job

TRAIN, TEST = Phase("train", "announce", {"word": "train"}), Phase("test", "announce", {"word": "test"}, ("train",))


def planned(folder: Path, memory_bytes: int, time_s: float) -> dict[str, PhaseRequest]:
    """The requests of a run with a report, the data's included."""
    setup = RunSetup(RunPaths(folder, "wf-1"), Limits(memory_bytes, time_s), ())
    phases = with_closing_phases(new_job(folder, report=True), facts(9), [TRAIN, TEST])
    (data,) = plan_requests([Phase("data", "market_data", {})], setup)
    return {request.phase: request for request in (data, *plan_requests(phases, setup, [data]))}


def test_the_report_comes_last_and_reads_every_trace(tmp_path: Path) -> None:
    made = planned(tmp_path, 100, 60.0)
    assert list(made) == ["data", "train", "test", "report"]
    read = {name: source.request_digest for name, source in made["report"].inputs.items()}
    assert read == {name: made[name].digest for name in ("data", "train", "test")}
    assert made["report"].config["result"] == "test"


def test_a_job_without_a_report_has_its_workflows_phases_alone(tmp_path: Path) -> None:
    assert with_closing_phases(new_job(tmp_path, report=False), facts(9), [TRAIN, TEST]) == [TRAIN, TEST]


def test_the_report_has_the_memory_and_the_time_it_needs_and_others_what_the_job_says(tmp_path: Path) -> None:
    made = planned(tmp_path, 2**20, 1.0)
    assert made["test"].limits == Limits(2**20, 1.0)
    assert made["report"].limits.memory_bytes >= 2**30
    assert made["report"].limits.time_s >= 60.0
    assert planned(tmp_path, 2**40, 3600.0)["report"].limits == Limits(2**40, 3600.0)


def test_a_report_changes_no_digest_of_the_job(tmp_path: Path) -> None:
    assert Run(new_job(tmp_path, report=True), tmp_path).digest == Run(new_job(tmp_path), tmp_path).digest


@pytest.mark.parametrize("name", ["data", "statistics", "report"])
def test_no_workflow_may_use_the_names_of_the_phases_of_every_run(tmp_path: Path, name: str) -> None:
    phases = {name: {"topology": "selection", "config": {}}}
    run = Run(new_job(tmp_path, "custom", phases=phases), tmp_path)
    (request,) = run.data_requests()
    found = asdict(facts(9))
    outcome = finish(request, {"data": [found], "data_warnings": []})
    with pytest.raises(
        ConfigError, match=rf"gives a phase named {name}\. Allowed: .* other names than data, statistics, report"
    ):
        run.next_requests({"data": outcome})


def test_the_result_is_that_of_the_workflows_own_last_phase(tmp_path: Path) -> None:
    outcomes = {name: finish(request) for name, request in planned(tmp_path, 100, 60.0).items()}
    assert result_phase(outcomes) == "test"
    assert result_phase({"data": outcomes["data"]}) is None


def test_where_a_condition_skipped_that_the_result_is_that_of_the_one_before(tmp_path: Path) -> None:
    outcomes = {name: finish(request) for name, request in planned(tmp_path, 100, 60.0).items()}
    assert result_phase(outcomes | {"test": replace(outcomes["test"], status=PhaseState.SKIPPED)}) == "train"
    failed = replace(outcomes["test"], status=PhaseState.SKIPPED, digest="")
    assert result_phase(outcomes | {"test": failed}) == "test"


def test_what_may_be_skipped_has_what_is_the_result_otherwise(tmp_path: Path) -> None:
    job = new_job(tmp_path, report=True, statistics=True)
    when = (Condition(("train",), "portfolio_metrics", "sharpe_ratio", at_least=0.5),)
    first, second = Phase("first", "announce", {}, ("train",)), replace(TEST, when=when)
    *_, statistics, report = with_closing_phases(
        job, facts(9), [TRAIN, first, second, Phase("end", "announce", {}, ("test",))]
    )
    assert statistics.config["result"] == report.config["result"] == "end"
    assert statistics.config["otherwise"] == report.config["otherwise"] == ["test", "first"]
    assert statistics.depends_on == ("end", "test", "first")


def test_statistics_read_the_result_and_every_sweep_and_the_report_reads_them_too(tmp_path: Path) -> None:
    sweeps = [Phase(name, "parameter_sweep", {}) for name in ("train-01", "train-02")]
    job = new_job(tmp_path, report=True, statistics={"spa": False})
    *_, statistics, report = with_closing_phases(job, facts(9), [*sweeps, TRAIN, TEST])
    assert (statistics.name, statistics.depends_on) == ("statistics", ("test", "train-01", "train-02"))
    assert statistics.extractors == ("statistics",)
    assert (statistics.config["result"], statistics.config["sweeps"]) == ("test", ["train-01", "train-02"])
    assert "statistics" in report.depends_on


def test_a_sweep_that_is_itself_the_result_is_read_once(tmp_path: Path) -> None:
    sweep = Phase("sweep", "parameter_sweep", {})
    *_, statistics = with_closing_phases(new_job(tmp_path, statistics=True), facts(9), [sweep])
    assert statistics.depends_on == ("sweep",)

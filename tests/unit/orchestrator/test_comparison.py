"""Runs side by side: what differs, and what speaks against comparing their figures."""

from typing import Any

from orchestrator.comparison import GIVEN, ComparedRun, side_by_side
from orchestrator.comparison_table import comparison_table
from orchestrator.job import parse_job
from tests.fakes.job_folder import SMALLEST, JobFolder

DATA = {"symbol": "SPY", "sha256": "aa", "bars": 5000, "first": "2000-01-03T00:00:00Z", "last": "2020-01-03T00:00:00Z"}


def run_of(jobs: JobFolder, name: str, *, job: str = SMALLEST, **changes: Any) -> ComparedRun:
    fields: dict[str, Any] = {
        "workflow_id": name,
        "state": "done",
        "job": jobs.parse(job).resolved(),
        "summary": {"symbol": "SPY", "strategy": "cross_fake", "trials": 1, "sharpe_ratio": 0.5},
        "failure": "",
        "data": DATA,
        "bars": (0, 5000),
        "sample": GIVEN,
    }
    return ComparedRun(**fields | changes)


def test_equal_runs_differ_in_nothing_and_nothing_speaks_against_comparing_them(jobs: JobFolder) -> None:
    found = side_by_side([run_of(jobs, "a"), run_of(jobs, "b")])
    assert (found.differences, found.cautions) == ({}, ())


def test_only_settings_that_differ_and_matter_are_shown(jobs: JobFolder) -> None:
    changed = f"{SMALLEST}workflow_id: b\nresources: {{time: 5s}}\nexecution: {{slippage_bps: 2}}\n"
    found = side_by_side([run_of(jobs, "a"), run_of(jobs, "b", job=changed)])
    assert found.differences == {"execution.slippage_bps": ("0", "2")}
    assert found.cautions == ("different conventions: execution.slippage_bps",)


def test_given_parameters_are_compared_or_the_grid_that_they_are_chosen_from(jobs: JobFolder) -> None:
    other = SMALLEST.replace("cross_fake", "{name: cross_fake, params: {fast: 3}, grid: {slow: [20, 30]}}")
    given = [run_of(jobs, "a"), run_of(jobs, "b", job=other)]
    assert [*side_by_side(given).differences] == ["strategy.params"]
    chosen = [run_of(jobs, "a", sample="in sample"), run_of(jobs, "b", job=other, sample="in sample")]
    assert [*side_by_side(chosen).differences] == ["strategy.grid"]
    assert side_by_side(chosen).differences["strategy.grid"] == ("fast=5,10,20,50 slow=20,50", "slow=20,30")


def test_other_data_speak_against_comparing(jobs: JobFolder) -> None:
    other = DATA | {"sha256": "bb", "bars": 100}
    [caution] = side_by_side([run_of(jobs, "a"), run_of(jobs, "b", data=other), run_of(jobs, "c")]).cautions
    assert caution == (
        "different data: SPY, 5,000 bars from 2000-01-03 to 2020-01-03 (a, c); "
        "SPY, 100 bars from 2000-01-03 to 2020-01-03 (b)"
    )


def test_other_periods_of_the_same_data_do_too(jobs: JobFolder) -> None:
    [caution] = side_by_side([run_of(jobs, "a"), run_of(jobs, "b", bars=(1008, 5000))]).cautions
    assert caution == "different periods of the data: bars 0 to 5000 (a); bars 1008 to 5000 (b)"


def test_in_sample_figures_are_not_compared_with_others_without_a_word(jobs: JobFolder) -> None:
    best = {"trials": 13, "sharpe_ratio": 0.9}
    runs = [run_of(jobs, "a", sample="out of sample"), run_of(jobs, "b", sample="in sample", summary=best)]
    samples, trials = side_by_side(runs).cautions
    assert samples.startswith("not the same kind of figure: out of sample (a); in sample (b).")
    assert trials.startswith("chosen from different numbers of trials: 1 trials (a); 13 trials (b).")


def test_a_failed_run_is_shown_as_failed_and_speaks_against_nothing(jobs: JobFolder) -> None:
    failed = run_of(jobs, "b", state="failed", summary={}, failure="data: bad\x1b[2J", data={}, bars=None, sample="")
    found = side_by_side([run_of(jobs, "a"), failed])
    assert found.cautions == ()
    text = comparison_table(found)
    assert [line.split() for line in text.splitlines()[:2]] == [["run", "a", "b"], ["state", "done", "failed"]]
    assert r"b failed: data: bad\x1b[2J" in text


def test_few_runs_are_columns_and_many_are_lines(jobs: JobFolder) -> None:
    few = comparison_table(side_by_side([run_of(jobs, name) for name in "abcd"])).splitlines()
    many = comparison_table(side_by_side([run_of(jobs, name) for name in "abcde"])).splitlines()
    assert few[0].split() == ["run", *"abcd"]
    assert few[-1].split() == ["sharpe_ratio", *["0.5000"] * 4]
    assert many[0].split() == ["run", "state", "trials", "sharpe_ratio"]
    assert [line.split()[0] for line in many[1:]] == [*"abcde"]


def test_the_document_has_what_the_table_has(jobs: JobFolder) -> None:
    changed = SMALLEST.replace("cross_fake", "hold_fake")
    document = side_by_side([run_of(jobs, "a"), run_of(jobs, "b", job=changed)]).document()
    assert [run["differences"]["strategy.name"] for run in document["runs"]] == ["cross_fake", "hold_fake"]
    assert document["runs"][0]["summary"]["sharpe_ratio"] == 0.5


def test_a_recorded_job_is_read_as_it_was_written(jobs: JobFolder) -> None:
    """What `run.json` holds is the resolved job: the comparison must not need more of it than that has."""
    job = jobs.parse(SMALLEST).resolved()
    assert parse_job(job).resolved() == job

"""What a job says of regimes is checked with the place of each mistake."""

from pathlib import Path

import pytest

from orchestrator.job import parse_job
from tests.fakes.job_folder import JobFolder, changed
from tests.fakes.planned_runs import new_job

CLASSIFIERS = Path(__file__).parents[3] / "fakes" / "clairvoyant_regimes.py"
FLAWED = """\
from phase_worker.discovery import classifier

@classifier(name="lone", regimes=("only",))
def lone(bars): ...

@classifier(name="loud", regimes=("Up", "down"))
def loud(bars): ...
"""


def problems(jobs: JobFolder, regime: str) -> list[str]:
    (jobs.path / "flawed.py").write_text(FLAWED)
    return jobs.problems(changed(plugins=f"[plugin.py, {CLASSIFIERS}, flawed.py]", regime=regime))


@pytest.mark.parametrize(
    ("regime", "message"),
    [
        ("trend_regim", "regime.classifier: unknown classifier 'trend_regim'. Known: "),
        ("trend_regim", "Did you mean 'trend_regime'?"),
        (
            "{classifier: trend_regime, params: {windo: 5}}",
            "regime.params.windo: unknown parameter 'windo'. Known: band",
        ),
        ("{classifier: trend_regime, params: {window: 1}}", "regime.params.window: "),
        ("{classifier: halves, params: {at: 5, known: 6}}", "regime.params: halves demands known <= at, got "),
        ("lone", "a classifier declares regimes=(…), two or more names"),
        ("loud", "a classifier declares regimes=(…), two or more names"),
        ("{strategies: [cross_fak]}", "Did you mean 'cross_fake'?"),
        (
            "{strategies: [{name: cross_fake, grid: {fst: [1]}}]}",
            "regime.strategies.0.grid.fst: unknown parameter 'fst'",
        ),
        ("{split: half}", "regime.split: unknown value 'half'. Known: train_test, walk_forward."),
    ],
)
def test_mistakes_are_told_with_their_place(jobs: JobFolder, regime: str, message: str) -> None:
    found = problems(jobs, regime)
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("job.yaml:5:") for problem in found)


def test_the_job_is_read_again_from_what_it_is_resolved_to(tmp_path: Path) -> None:
    job = new_job(tmp_path, "regime", regime={"params": {"window": 5}, "strategies": ["momentum"]})
    assert parse_job(job.resolved()) == job
    assert job.regime is not None
    assert job.regime.regimes == ("calm", "turbulent")
    assert job.regime.params == {"window": 5, "history": 250, "ratio": 1.0}


def test_the_workflow_of_that_name_needs_no_section_and_others_have_nothing_of_it(tmp_path: Path) -> None:
    assert new_job(tmp_path, "regime").regime is not None
    assert "regime" not in new_job(tmp_path, "walk_forward").resolved()

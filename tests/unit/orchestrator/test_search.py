"""A random search draws sets of parameters from ranges, the same for the same seed."""

from importlib.metadata import version

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.grid import StrategyChoice, expand_grid
from orchestrator.job import parse_job
from orchestrator.search import Search, choose_trials, sweep_trials, trial_count
from tests.fakes.job_folder import SMALLEST, JobFolder

PARAMS = {"fast": 10, "slow": 30, "band": 0.5, "kind": "sma"}
STRATEGY = StrategyChoice("cross_fake", PARAMS, {"fast": (1, 2)}, ("fast < slow",))
RANGES = {"fast": (5, 60), "slow": (20, 250), "band": (0.0, 1.0)}


@given(seed=st.integers(0, 2**32 - 1))
def test_every_trial_is_within_the_ranges_and_the_constraints_and_no_two_are_alike(seed: int) -> None:
    trials = choose_trials(STRATEGY, Search("random", 50, seed, RANGES))
    assert len({tuple(trial.values()) for trial in trials}) == len(trials) == 50
    for trial in trials:
        assert list(trial) == list(PARAMS)
        assert 5 <= trial["fast"] <= 60
        assert 20 <= trial["slow"] <= 250
        assert trial["fast"] < trial["slow"]
        assert 0.0 <= trial["band"] <= 1.0
        assert [type(value) for value in trial.values()] == [int, int, float, str]
        assert trial["kind"] == "sma"
    assert trials == choose_trials(STRATEGY, Search("random", 50, seed, RANGES))


def test_the_trials_of_a_seed_are_these_in_every_version() -> None:
    drawn = choose_trials(STRATEGY, Search("random", 3, 1, {"fast": (5, 60), "slow": (20, 250)}))
    assert [(trial["fast"], trial["slow"]) for trial in drawn] == [(12, 215), (47, 78), (32, 123)]


def test_both_ends_and_all_between_are_drawn() -> None:
    trials = choose_trials(STRATEGY, Search("random", 100, 1, {"fast": (3, 6)}))
    assert sorted(trial["fast"] for trial in trials) == [3, 4, 5, 6]


def test_a_grid_is_what_there_is_without_a_method() -> None:
    assert choose_trials(STRATEGY, Search()) == expand_grid(STRATEGY)


def test_without_ranges_every_number_varies_over_all_that_is_declared(jobs: JobFolder) -> None:
    job = jobs.parse(SMALLEST + "search: random")
    assert job.search == Search("random", 100, 0, {"fast": (1, 500), "slow": (2, 1000), "band": (0.0, 1.0)})
    assert parse_job(job.resolved()) == job
    assert jobs.parse(SMALLEST).search == Search()


def test_what_is_wrong_with_ranges_is_told_at_its_place(jobs: JobFolder) -> None:
    text = SMALLEST + "search:\n  method: random\n  ranges:\n    "
    for given_range, place, message in (
        ("fats: [1, 2]", "job.yaml:8:5:", "not a number of cross_fake. Known: band, fast, slow. Did you mean 'fast'?"),
        ("kind: [sma, ema]", "job.yaml:8:5:", "not a number of cross_fake."),
        ("fast: [0, 20]", "job.yaml:8:11:", "expected 1 to 500, got 0"),
        ("fast: [20, 10]", "job.yaml:8:11:", "20 is above 10"),
        ("fast: [1, 2, 3]", "job.yaml:8:11:", "expected the lowest and the highest value, got 3 values"),
        ("{fast: [40, 50], slow: [2, 9]}", "job.yaml:6:3:", "no trial was found: the constraints (fast < slow)"),
    ):
        [problem] = jobs.problems(text + given_range)
        assert problem.startswith(place)
        assert message in problem


OPTUNA = SMALLEST + "search: {method: optuna, trials: 20, seed: 3, ranges: {fast: [2, 9]}}\n"


def test_what_optuna_is_to_do_is_told_with_its_version_which_decides_what_it_draws(jobs: JobFolder) -> None:
    job = jobs.parse(OPTUNA)
    [(key, spec)] = sweep_trials(job.strategy, job.search, "cagr").items()
    assert key == "search"
    assert {name: spec[name] for name in ("trials", "seed", "ranges", "objective")} == {
        "trials": 20,
        "seed": 3,
        "ranges": {"fast": [2, 9]},
        "objective": "cagr",
    }
    assert (spec["version"], spec["constraints"]) == (version("optuna"), ["fast < slow"])
    assert trial_count({key: spec}) == 20
    assert parse_job(job.resolved()) == job


def test_a_search_that_learns_from_trial_to_trial_cannot_be_spread(jobs: JobFolder) -> None:
    shards, workers = jobs.problems(OPTUNA + "shards: 2\nresources: {workers: 3}\n")
    assert "job.yaml:6:9: error E-SCHEMA: shards: optuna proposes each trial by those before it" in shards
    assert "job.yaml:7:22: error E-SCHEMA: resources.workers: optuna proposes" in workers
    [problem] = jobs.problems(OPTUNA.replace("fast: [2, 9]", "fast: [400, 500]"))
    assert "no trial was found: the constraints (fast < slow)" in problem

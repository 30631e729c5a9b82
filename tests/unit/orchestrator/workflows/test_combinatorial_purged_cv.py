"""The workflow combinatorial_purged_cv tests every choice of groups, and makes paths of the tests."""

from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.plan import Phase
from orchestrator.workflows.combinatorial_purged_cv import (
    backtest_paths,
    choose_splits,
    combinatorial_purged_cv,
    split_groups,
    train_ranges,
)
from phase_worker.contract import ConfigError
from tests.fakes.planned_runs import bounds, facts, new_job

choices = st.integers(2, 8).flatmap(lambda groups: st.tuples(st.just(groups), st.integers(1, groups - 1)))


def phases(folder: Path, bars: int = 600, **windows: Any) -> dict[str, Phase]:
    job = new_job(folder, "combinatorial_purged_cv", windows={"groups": 4, "test_groups": 2} | windows)
    return {phase.name: phase for phase in combinatorial_purged_cv(job, facts(bars))}


@given(choice=choices, bars=st.integers(100, 500), purge=st.integers(0, 15), embargo=st.integers(0, 15))
def test_no_bar_is_trained_on_that_is_tested_or_near_a_test(
    choice: tuple[int, int], bars: int, purge: int, embargo: int
) -> None:
    groups = split_groups(bars, choice[0])
    for tested in choose_splits(*choice):
        forbidden = set()
        for start, end in (groups[group] for group in tested):
            forbidden |= set(range(start - purge, end + purge + embargo))
        assume(forbidden < set(range(bars)) or set(range(bars)) - forbidden)
        trained = [bar for start, end in train_ranges(groups, tested, purge, embargo) for bar in range(start, end)]
        assert trained == sorted(set(range(bars)) - forbidden)


@given(choice=choices)
def test_every_path_goes_through_all_groups_and_every_test_is_in_one_path(choice: tuple[int, int]) -> None:
    groups, tests = choice
    splits = choose_splits(*choice)
    paths = backtest_paths(splits, groups)
    assert len(splits) == comb(groups, tests)
    assert len(paths) == comb(groups, tests) * tests // groups
    used = [(split, group) for path in paths for group, split in enumerate(path)]
    assert sorted(used) == [(split, group) for split, tested in enumerate(splits) for group in tested]


def test_groups_cover_all_bars_and_the_last_has_the_rest() -> None:
    assert split_groups(11, 3) == [(0, 3), (3, 6), (6, 11)]


def test_each_split_trains_selects_and_tests_its_groups(tmp_path: Path) -> None:
    planned = phases(tmp_path, purge=10, embargo=5)
    assert [name for name in planned if name.startswith("train")] == [f"train-{n:03d}" for n in range(1, 7)]
    train = planned["train-002"]  # groups 1 and 3 of 4 are tested
    assert (train.topology, train.config["bars"]["ranges"]) == ("parameter_sweep", [[165, 290], [465, 600]])
    assert bounds(train) == (165, 600)
    assert planned["select-002"].depends_on == ("train-002",)
    for name, where in (("test-002-01", (0, 150)), ("test-002-03", (300, 450))):
        test = planned[name]
        assert (test.topology, test.depends_on, bounds(test)) == ("backtest", ("select-002",), where)
        assert test.config["strategy"]["params_from"] == "select-002"


def test_a_path_chains_one_test_of_each_group_and_the_last_phase_reads_all_paths(tmp_path: Path) -> None:
    planned = phases(tmp_path)
    path = planned["path-01"]
    assert [window["test_phase"] for window in path.config["windows"]] == [
        "test-001-01",
        "test-001-02",
        "test-002-03",
        "test-003-04",
    ]
    assert [window["test"] for window in path.config["windows"]] == [[0, 150], [150, 300], [300, 450], [450, 600]]
    assert path.config["windows"][2]["train"] == [150, 300, 450, 600]
    assert set(path.depends_on) >= {"select-002", "test-002-03"}
    last = planned["paths"]
    assert list(planned)[-1] == "paths"
    assert last.depends_on == ("path-01", "path-02", "path-03")
    assert (last.config["splits"], last.config["trials"]) == (6, 24)


@pytest.mark.parametrize(
    ("bars", "windows", "message"),
    [
        pytest.param(600, {"groups": 2}, "test_groups is 2 of 2 groups", id="nothing-to-train-on"),
        pytest.param(600, {"groups": 30, "test_groups": 15}, "at most 1,000 combinations", id="too-many"),
        pytest.param(3, {}, "3 bars, which cannot be 4 groups", id="too-few-bars"),
        pytest.param(40, {"purge": 30}, "nothing is left to train on", id="all-purged"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, bars: int, windows: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        phases(tmp_path, bars, **windows)
    assert caught.value.code == "E-SCHEMA"

"""A walk-forward trains before it tests, never on what it tests, and tests no bar twice."""

from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.job import Windows
from orchestrator.plan import Phase
from orchestrator.workflows.walk_forward import split_windows, walk_forward
from phase_worker.contract import ConfigError
from tests.fakes.planned_runs import SMA_GRID, bounds, facts, new_job

TRAIN_TEST = {"train": 100, "test": 20}


class Window(NamedTuple):
    """Bars [train[0], train[1]) and [test[0], test[1])."""

    train: tuple[int, int]
    test: tuple[int, int]


def phases(folder: Path, bars: int, **windows: Any) -> dict[str, Phase]:
    job = new_job(folder, windows=TRAIN_TEST | windows)
    return {phase.name: phase for phase in walk_forward(job, facts(bars))}


def windows_of(phases: dict[str, Phase]) -> list[Window]:
    suffixes = [name.removeprefix("train-") for name in phases if name.startswith("train-")]
    return [Window(bounds(phases[f"train-{suffix}"]), bounds(phases[f"test-{suffix}"])) for suffix in suffixes]


def refusal(folder: Path, bars: int, **windows: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        phases(folder, bars, **windows)
    assert caught.value.code == "E-SCHEMA"
    return caught.value.message


def test_windows_roll_by_the_length_of_a_test(tmp_path: Path) -> None:
    assert windows_of(phases(tmp_path, 165)) == [
        Window((0, 100), (100, 120)),
        Window((20, 120), (120, 140)),
        Window((40, 140), (140, 160)),
    ]


def test_anchored_train_windows_start_at_the_first_bar(tmp_path: Path) -> None:
    assert windows_of(phases(tmp_path, 160, anchored=True)) == [
        Window((0, 100), (100, 120)),
        Window((0, 120), (120, 140)),
        Window((0, 140), (140, 160)),
    ]


@pytest.mark.parametrize("anchored", [False, True])
def test_purged_bars_are_left_out_at_the_end_of_each_train_window(tmp_path: Path, anchored: bool) -> None:
    plain = windows_of(phases(tmp_path, 165, anchored=anchored))
    purged = windows_of(phases(tmp_path, 165, anchored=anchored, purge=7))
    assert purged == [Window((train[0], train[1] - 7), test) for train, test in plain]


def test_a_longer_step_leaves_bars_between_the_tests(tmp_path: Path) -> None:
    assert windows_of(phases(tmp_path, 170, step=50)) == [
        Window((0, 100), (100, 120)),
        Window((50, 150), (150, 170)),
    ]


def test_a_shorter_step_is_refused_since_bars_would_count_twice(tmp_path: Path) -> None:
    windows = Windows(train=100, test=20, step=19, anchored=False, purge=0)
    with pytest.raises(ConfigError, match=r"step is 19.* test .*20 bars.*Allowed: step >= test"):
        list(split_windows(windows, 200))


@pytest.mark.parametrize(("bars", "count"), [(120, 1), (139, 1), (140, 2), (159, 2), (160, 3)])
def test_only_windows_that_fit_whole_are_made(tmp_path: Path, bars: int, count: int) -> None:
    assert len(windows_of(phases(tmp_path, bars))) == count


def test_data_for_less_than_one_window_is_refused_with_both_numbers(tmp_path: Path) -> None:
    message = refusal(tmp_path, 119)
    assert "119 bars" in message
    assert "train 100" in message
    assert "test 20" in message


def test_by_default_four_years_are_trained_on_and_one_is_tested(tmp_path: Path) -> None:
    job = new_job(tmp_path)
    (window,) = windows_of({phase.name: phase for phase in walk_forward(job, facts(1008 + 252))})
    assert window == Window((0, 1008), (1008, 1260))


def test_a_purge_that_leaves_nothing_of_the_default_train_window_is_refused(tmp_path: Path) -> None:
    job = new_job(tmp_path, windows={"purge": 1008})
    with pytest.raises(ConfigError):
        walk_forward(job, facts(5000))


@given(
    bars=st.integers(2, 600),
    train=st.integers(1, 120),
    test=st.integers(1, 60),
    extra=st.integers(0, 40),
    purge_share=st.floats(0, 0.99),
    anchored=st.booleans(),
)
def test_no_window_tests_what_it_was_trained_on_and_no_bar_is_tested_twice(
    bars: int, train: int, test: int, extra: int, purge_share: float, anchored: bool
) -> None:
    purge = int(train * purge_share)
    windows = Windows(train=train, test=test, step=test + extra, anchored=anchored, purge=purge)
    if bars < train + test:
        with pytest.raises(ConfigError):
            list(split_windows(windows, bars))
        return
    found = list(split_windows(windows, bars))
    for window in found:
        assert 0 <= window.train_start < window.train_end == window.test_start - purge
        assert window.test_end - window.test_start == test
        assert anchored or window.train_end - window.train_start == train - purge
    tested = list(chain.from_iterable(range(window.test_start, window.test_end) for window in found))
    assert len(tested) == len(set(tested))
    assert tested[0] == train
    assert bars - (test + extra) < tested[-1] + 1 <= bars
    if not extra:
        assert tested == list(range(tested[0], tested[-1] + 1))
    assert all(after.test_start - before.test_start == test + extra for before, after in pairwise(found))


def test_each_window_trains_selects_and_tests_and_all_are_chained_at_the_end(tmp_path: Path) -> None:
    planned = phases(tmp_path, 140)
    assert {name: (phase.topology, phase.depends_on) for name, phase in planned.items()} == {
        "train-01": ("parameter_sweep", ()),
        "select-01": ("selection", ("train-01",)),
        "test-01": ("backtest", ("select-01",)),
        "train-02": ("parameter_sweep", ()),
        "select-02": ("selection", ("train-02",)),
        "test-02": ("backtest", ("select-02",)),
        "out-of-sample": ("out_of_sample", ("select-01", "test-01", "select-02", "test-02")),
    }
    assert list(planned)[-1] == "out-of-sample", "the last phase is the one that the summary is of"
    assert planned["test-02"].config["strategy"] == {"name": "sma_cross", "params_from": "select-02"}


def test_the_last_phase_is_told_every_window(tmp_path: Path) -> None:
    config = phases(tmp_path, 145, purge=5)["out-of-sample"].config
    assert config["windows"] == [
        {"train": [0, 95], "test": [100, 120], "select_phase": "select-01", "test_phase": "test-01"},
        {"train": [20, 115], "test": [120, 140], "select_phase": "select-02", "test_phase": "test-02"},
    ]
    assert (config["bars"]["start"], config["bars"]["end"]) == (100, 140)


def test_the_grid_is_walked_with_its_last_key_fastest_in_every_window(tmp_path: Path) -> None:
    planned = phases(tmp_path, 140)
    for name in ("train-01", "train-02"):
        trials = planned[name].config["strategy"]["trials"]
        assert [(trial["fast"], trial["slow"]) for trial in trials] == [(5, 20), (5, 50), (10, 20), (10, 50)]


def test_the_order_of_the_grids_keys_decides_the_order_of_the_trials(tmp_path: Path) -> None:
    grid = dict(reversed(SMA_GRID["grid"].items()))  # type: ignore[attr-defined]
    job = new_job(tmp_path, windows=TRAIN_TEST, strategy=SMA_GRID | {"grid": grid})
    trials = walk_forward(job, facts(120))[0].config["strategy"]["trials"]
    assert [(trial["fast"], trial["slow"]) for trial in trials] == [(5, 20), (10, 20), (5, 50), (10, 50)]


def test_the_phases_of_a_hundred_windows_are_named_in_order(tmp_path: Path) -> None:
    names = [name for name in phases(tmp_path, 100 + 20 * 100) if name.startswith("test-")]
    assert (names[0], names[-1]) == ("test-001", "test-100")
    assert names == sorted(names)

"""The workflow train_test selects on the first part of the bars and tests on what comes after."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.plan import Phase
from orchestrator.workflows.train_test import train_test
from phase_worker.contract import ConfigError
from tests.fakes.planned_runs import bounds, facts, new_job


def phases(folder: Path, bars: int, **windows: Any) -> dict[str, Phase]:
    job = new_job(folder, "train_test", windows=windows)
    return {phase.name: phase for phase in train_test(job, facts(bars))}


def parts(folder: Path, bars: int, **windows: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    planned = phases(folder, bars, **windows)
    return bounds(planned["train"]), bounds(planned["test"])


def test_it_trains_selects_and_tests(tmp_path: Path) -> None:
    planned = phases(tmp_path, 1000)
    assert {name: (phase.topology, phase.depends_on) for name, phase in planned.items()} == {
        "train": ("parameter_sweep", ()),
        "select": ("selection", ("train",)),
        "test": ("backtest", ("select",)),
    }
    assert list(planned) == ["train", "select", "test"]
    assert planned["test"].config["strategy"]["params_from"] == "select"
    assert len(planned["train"].config["strategy"]["trials"]) == 4


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        pytest.param({}, ((0, 700), (700, 1000)), id="70-percent-and-the-rest"),
        pytest.param({"train": 600, "test": 200}, ((0, 600), (600, 800)), id="as-given"),
        pytest.param({"train": 600}, ((0, 600), (600, 1000)), id="the-rest-is-tested"),
        pytest.param({"test": 100}, ((0, 700), (700, 800)), id="test-given"),
        pytest.param({"purge": 20}, ((0, 680), (700, 1000)), id="purged"),
        pytest.param({"train": 999, "test": 1}, ((0, 999), (999, 1000)), id="every-bar"),
    ],
)
def test_the_bars_are_divided(
    tmp_path: Path, windows: dict[str, int], expected: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    assert parts(tmp_path, 1000, **windows) == expected


@pytest.mark.parametrize(
    ("bars", "windows"),
    [
        pytest.param(1000, {"train": 1000}, id="nothing-to-test"),
        pytest.param(1000, {"train": 900, "test": 101}, id="too-few-to-test"),
        pytest.param(1000, {"purge": 700}, id="nothing-to-train-on"),
        pytest.param(1, {}, id="one-bar"),
    ],
)
def test_what_cannot_be_made_of_the_data_is_refused_with_both_numbers(
    tmp_path: Path, bars: int, windows: dict[str, int]
) -> None:
    with pytest.raises(ConfigError, match=f"the data has {bars} bars") as caught:
        parts(tmp_path, bars, **windows)
    assert caught.value.code == "E-SCHEMA"

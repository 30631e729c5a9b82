"""The workflow regime trains once for each regime and each candidate, and tests what was chosen for all together."""

from pathlib import Path
from typing import Any

from orchestrator.plan import Phase
from orchestrator.workflows.regime import regime
from tests.fakes.planned_runs import bounds, facts, new_job

WINDOWS = {"train": 100, "test": 50}


def phases(folder: Path, bars: int, **changes: Any) -> dict[str, Phase]:
    job = new_job(folder, "regime", **{"windows": WINDOWS, **changes})
    return {phase.name: phase for phase in regime(job, facts(bars))}


def test_each_window_is_trained_for_every_regime_chosen_and_tested(tmp_path: Path) -> None:
    planned = phases(tmp_path, 200)
    assert {
        name: (phase.topology, phase.depends_on) for name, phase in planned.items() if not name.endswith("-02")
    } == {
        "train-calm-01": ("parameter_sweep", ()),
        "select-calm-01": ("selection", ("train-calm-01",)),
        "train-turbulent-01": ("parameter_sweep", ()),
        "select-turbulent-01": ("selection", ("train-turbulent-01",)),
        "choose-01": ("regime_choice", ("select-calm-01", "select-turbulent-01")),
        "test-01": ("regime_backtest", ("choose-01",)),
        "out-of-sample": ("out_of_sample", ("choose-01", "test-01", "choose-02", "test-02")),
    }
    assert [bounds(planned[name]) for name in ("train-calm-02", "choose-02", "test-02")] == [(50, 150)] * 2 + [
        (150, 200)
    ]


def test_a_sweep_is_restricted_to_its_regime_and_the_test_is_not(tmp_path: Path) -> None:
    planned = phases(tmp_path, 200, regime={"classifier": "trend_regime", "params": {"window": 30}})
    spec = {"classifier": "trend_regime", "params": {"window": 30, "band": 0.0}, "regimes": ["rising", "falling"]}
    assert planned["train-falling-01"].config["regime"] == spec | {"only": "falling"}
    assert planned["choose-01"].config["regime"] == planned["test-01"].config["regime"] == spec
    assert planned["choose-01"].config["strategy"]["selections"] == {
        "rising": "select-rising-01",
        "falling": "select-falling-01",
    }
    assert planned["test-01"].config["strategy"]["params_from"] == "choose-01"


def test_further_strategies_are_swept_beside_the_first_and_selected_from_together(tmp_path: Path) -> None:
    planned = phases(
        tmp_path, 150, regime={"strategies": ["buy_and_hold", {"name": "momentum", "grid": {"lookback": [5]}}]}
    )
    names = [f"train-calm-{number}-01" for number in (1, 2, 3)]
    assert planned["select-calm-01"].depends_on == tuple(names)
    assert [planned[name].config["strategy"]["name"] for name in names] == ["sma_cross", "buy_and_hold", "momentum"]
    assert [len(planned[name].config["strategy"]["trials"]) for name in names] == [4, 1, 1]
    assert planned["test-01"].config["strategy"]["name"] == "sma_cross+buy_and_hold+momentum"


def test_one_split_is_one_training_and_one_test(tmp_path: Path) -> None:
    planned = phases(tmp_path, 1000, regime={"split": "train_test"}, windows={"purge": 10})
    assert list(planned)[-2:] == ["choose", "test"]
    assert [bounds(planned[name]) for name in ("train-calm", "choose", "test")] == [(0, 690), (0, 690), (700, 1000)]

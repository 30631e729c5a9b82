"""Walk-forwards of real data through phase processes give the reference results, window by window."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator import Coordinator
from tests.fakes.reference import assert_met, reference

JOB: dict[str, Any] = {
    "workflow": "walk_forward",
    "strategy": {
        "name": "sma_cross",
        "grid": {"fast": [5, 10, 20, 50], "slow": [20, 50, 100, 200]},
        "constraints": ["fast < slow"],
    },
    "execution": {"commission": {"bps": 5}},
    "report": False,
}
FIGURES = {
    "windows": "windows",
    "oos_bars": "out_of_sample_bars",
    "fills": "fills",
    "sharpe": "sharpe_ratio",
    "mdd": "max_drawdown",
    "wfe": "walk_forward_efficiency",
}
FILES = {"SPY rolling": "SPY.csv", "SPY anchored": "SPY.csv", "lean_SPY_raw rolling": "lean_SPY_raw.csv"}


def run(folder: Path, data: Path, **windows: Any) -> dict[str, Any]:
    job = JOB | {"data": {"file": str(data), "symbol": "SPY"}, "windows": {"train": 1008, "test": 252} | windows}
    return Coordinator(folder / "traces").execute_workflow(job)


def assert_as_expected(result: dict[str, Any], shared: Path, name: str) -> None:
    assert result["success"]
    summary, phases = result["summary"], result["results"]["phase_results"]
    windows = phases["out-of-sample"]["extracted_results"]["windows"]
    assert summary["trials"] == 13 * len(windows)
    dates = [line[:10] for line in (shared / "data" / FILES[name]).read_text().splitlines()[1:]]
    found = {ours: summary[theirs] for ours, theirs in FIGURES.items()}
    expected = reference(shared, "walkforward")[name]
    final = {"final": expected.pop("final")}
    assert_met({"final": summary["final_equity"]}, final, rel=1e-9)
    assert_met(found | {"per_window": [_as_written(window, dates) for window in windows]}, expected, rel=0, abs=1e-6)


def _as_written(window: dict[str, Any], dates: list[str]) -> dict[str, Any]:
    start, end = window["train"]
    return {
        "train": [dates[start], dates[end - 1]],
        "test": [window["test_first"][:10], window["test_last"][:10]],
        "best": [window["params"]["fast"], window["params"]["slow"]],
        "is_sharpe": window["in_sample"]["sharpe_ratio"],
        "oos_sharpe": window["out_of_sample"]["sharpe_ratio"],
        "fills": window["out_of_sample"]["fills"],
    }


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, spy_csv: Path) -> dict[str, Any]:
    """The result of the example job that `make run` runs."""
    job = spy_csv.parents[1] / "walk_forward.yaml"
    return Coordinator(tmp_path_factory.mktemp("example") / "traces").execute_workflow(job)


@pytest.mark.slow  # 174 processes, each of which is an interpreter with numpy
@pytest.mark.parametrize("name", ["SPY rolling", "SPY anchored"])
def test_a_walk_forward_of_real_data_gives_the_reference_result(name: str, shared: Path, tmp_path: Path) -> None:
    result = run(tmp_path, shared / "data" / "SPY.csv", anchored=name.endswith("anchored"))
    assert_as_expected(result, shared, name)


@pytest.mark.slow
def test_the_example_gives_the_reference_result(example: dict[str, Any]) -> None:
    summary = example["summary"]
    assert len(example["results"]["phase_results"]) == 61
    assert (summary["windows"], summary["fills"], summary["out_of_sample_bars"]) == (19, 57, 4788)
    assert summary["final_equity"] == pytest.approx(263_987.791047, rel=1e-9)
    assert summary["sharpe_ratio"] == pytest.approx(0.516529607, abs=1e-6)


@pytest.mark.slow
def test_every_window_of_the_example_chooses_and_trades_as_the_reference(example: dict[str, Any], shared: Path) -> None:
    assert_as_expected(example, shared, "lean_SPY_raw rolling")


def test_no_walk_forward_of_the_reference_is_left_out(shared: Path) -> None:
    assert reference(shared, "walkforward").keys() == FILES.keys()

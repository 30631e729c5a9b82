"""Walk-forwards of real data through phase processes give the reference results, window by window."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Coordinator

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
RATIOS = {"sharpe": "sharpe_ratio", "mdd": "max_drawdown", "wfe": "walk_forward_efficiency"}


def run(folder: Path, data: Path, **windows: Any) -> dict[str, Any]:
    job = JOB | {"data": {"file": str(data), "symbol": "SPY"}, "windows": {"train": 1008, "test": 252} | windows}
    return Coordinator(folder / "traces").execute_workflow(job)


def reference(shared: Path, name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((shared / "reference" / "walkforward.json").read_text())[name]
    return expected


def assert_as_expected(result: dict[str, Any], expected: dict[str, Any]) -> None:
    summary = result["summary"]
    assert result["success"]
    assert summary["final_equity"] == pytest.approx(expected["final"], rel=1e-9)
    counts = (summary["windows"], summary["out_of_sample_bars"], summary["fills"], summary["trials"])
    assert counts == (expected["windows"], expected["oos_bars"], expected["fills"], 13 * expected["windows"])
    ratios = {name: summary[ours] for name, ours in RATIOS.items()}
    assert ratios == pytest.approx({name: expected[name] for name in RATIOS}, abs=1e-6)
    phases = result["results"]["phase_results"]
    windows = phases["out-of-sample"]["extracted_results"]["windows"]
    assert len(windows) == len(expected["per_window"])
    for window, wanted in zip(windows, expected["per_window"], strict=True):
        assert_window(window, wanted)


def assert_window(window: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert [window["params"]["fast"], window["params"]["slow"]] == wanted["best"]
    assert [window["test_first"][:10], window["test_last"][:10]] == wanted["test"]
    assert window["out_of_sample"]["fills"] == wanted["fills"]
    for ours, name in (("in_sample", "is_sharpe"), ("out_of_sample", "oos_sharpe")):
        sharpe = window[ours]["sharpe_ratio"]
        if wanted[name] == float("-inf"):  # how the reference writes that there was no variance
            assert sharpe is None
        else:
            assert sharpe == pytest.approx(wanted[name], abs=1e-6)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, spy_csv: Path) -> dict[str, Any]:
    """The result of the example job that `make run` runs."""
    job = spy_csv.parents[1] / "walk_forward.yaml"
    return Coordinator(tmp_path_factory.mktemp("example") / "traces").execute_workflow(job)


@pytest.mark.slow  # 174 processes, each of which is an interpreter with numpy
@pytest.mark.parametrize("name", ["SPY rolling", "SPY anchored"])
def test_a_walk_forward_of_real_data_gives_the_reference_result(name: str, shared: Path, tmp_path: Path) -> None:
    result = run(tmp_path, shared / "data" / "SPY.csv", anchored=name.endswith("anchored"))
    assert_as_expected(result, reference(shared, name))


@pytest.mark.slow
def test_the_example_gives_the_reference_result(example: dict[str, Any]) -> None:
    summary = example["summary"]
    assert len(example["results"]["phase_results"]) == 61
    assert (summary["windows"], summary["fills"], summary["out_of_sample_bars"]) == (19, 57, 4788)
    assert summary["final_equity"] == pytest.approx(263_987.791047, rel=1e-9)
    assert summary["sharpe_ratio"] == pytest.approx(0.516529607, abs=1e-6)


@pytest.mark.slow
def test_every_window_of_the_example_chooses_and_trades_as_the_reference(example: dict[str, Any], shared: Path) -> None:
    assert_as_expected(example, reference(shared, "lean_SPY_raw rolling"))

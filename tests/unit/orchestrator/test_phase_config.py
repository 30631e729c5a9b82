"""A phase's configuration is all of the job that decides its trace, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.phase_config import bars_config, data_config, selection_config, trading_config
from tests.fakes.planned_runs import SMA_GRID, facts, new_job

FACTS = facts(1000)


def trading(folder: Path, **changes: Any) -> dict[str, Any]:
    return trading_config(new_job(folder, **changes), FACTS, 100, 200, {"params": {"fast": 5, "slow": 20}})


def data_at(folder: Path, **changes: str) -> dict[str, Any]:
    return {"data": {"file": str(folder / "SPY.csv")} | changes}


def test_a_phase_that_trades_is_told_everything_in_full(tmp_path: Path) -> None:
    assert trading(tmp_path) == {
        "bars": bars_config(new_job(tmp_path).data, FACTS.sha256, None) | {"start": 100, "end": 200},
        "strategy": {"name": "sma_cross", "params": {"fast": 5, "slow": 20}},
        "execution": {
            "cash": 100_000.0,
            "fill": "next_open",
            "shares": "fractional",
            "commission": {"bps": 0.0, "per_share": 0.0, "minimum": 0.0},
            "slippage_bps": 0.0,
            "slippage_cap": "none",
            "order": {"type": "market", "limit_bps": 0.0, "stop_bps": 0.0, "valid_bars": None},
            "volume_cap": None,
            "at_end": "hold",
        },
        "risk": {
            "sizing": "all_in",
            "params": {"fraction": 1.0},
            "max_weight": 1.0,
            "allow_short": True,
            "stop_loss": None,
            "take_profit": None,
            "trailing_stop": None,
            "max_bars": None,
        },
        "periods_per_year": 252.0,
        "trace": {"level": "full", "bars": False},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "ema_cross"},
        {"execution": {"cash": 5}},
        {"execution": {"fill": "same_close"}},
        {"execution": {"shares": "whole"}},
        {"execution": {"commission": {"bps": 1}}},
        {"execution": {"commission": {"per_share": 1}}},
        {"execution": {"commission": {"minimum": 1}}},
        {"execution": {"slippage_bps": 1}},
        {"execution": {"periods_per_year": 365}},
        {"risk": {"params": {"fraction": 0.5}}},
        {"risk": {"max_weight": 0.5}},
        {"execution": {"slippage_cap": "bar_range"}},
        {"execution": {"order": {"type": "limit"}}},
        {"execution": {"order": {"limit_bps": 5}}},
        {"execution": {"order": {"stop_bps": 5}}},
        {"execution": {"order": {"valid_bars": 5}}},
        {"execution": {"volume_cap": 0.1}},
        {"execution": {"at_end": "close"}},
        {"risk": {"allow_short": False}},
        {"risk": {"stop_loss": 0.1}},
        {"risk": {"take_profit": 0.1}},
        {"risk": {"trailing_stop": 0.1}},
        {"risk": {"max_bars": 10}},
        {"trace": {"level": "trades"}},
        {"trace": {"bars": True}},
    ],
    ids=str,
)
def test_what_changes_a_trace_changes_the_configuration(tmp_path: Path, change: dict[str, Any]) -> None:
    assert trading(tmp_path, **change) != trading(tmp_path)


@pytest.mark.parametrize("change", [{"symbol": "QQQ"}, {"prices": "total_return"}], ids=str)
def test_how_the_data_is_taken_is_part_of_it(tmp_path: Path, change: dict[str, str]) -> None:
    before, after = new_job(tmp_path), new_job(tmp_path, **data_at(tmp_path, **change))
    assert data_config(bars_config(after.data, "d1", None)) != data_config(bars_config(before.data, "d1", None))


@pytest.mark.parametrize(
    "change",
    [
        {"resources": {"memory": "2GiB", "time": "1h"}},
        {"extractors": ["fills"]},
        {"trace": {"compress": "zst"}},
        {"workflow_id": "night-1"},
        {"workflow": "backtest"},
        {"windows": {"train": 500}},
        {"objective": "cagr"},
        {"strategy": SMA_GRID | {"constraints": ["slow > 2 * fast"]}},
    ],
    ids=str,
)
def test_what_does_not_change_a_trace_leaves_it_alone(tmp_path: Path, change: dict[str, Any]) -> None:
    assert trading(tmp_path, **change) == trading(tmp_path)


def test_no_configuration_names_a_place_on_this_machine(tmp_path: Path) -> None:
    job = new_job(tmp_path)
    configs = [data_config(bars_config(job.data, "d1", None)), trading(tmp_path), selection_config(job)]
    assert str(tmp_path) not in json.dumps(configs)


def test_the_periods_of_a_year_are_those_of_the_data_unless_the_job_says_otherwise(tmp_path: Path) -> None:
    assert trading(tmp_path)["periods_per_year"] == FACTS.periods_per_year
    assert trading(tmp_path, execution={"periods_per_year": 365})["periods_per_year"] == 365.0


def test_the_data_is_known_by_its_content(tmp_path: Path) -> None:
    assert bars_config(new_job(tmp_path).data, "d1", None) == {
        "sha256": "d1",
        "symbol": "SPY",
        "format": "auto",
        "timezone": None,
        "prices": "raw",
        "factors": None,
        "calendar": None,
        "resample": None,
    }


def test_a_selection_is_told_its_objective(tmp_path: Path) -> None:
    config = selection_config(new_job(tmp_path, objective="cagr", trace={"level": "metrics"}))
    assert config == {"objective": "cagr", "trace": {"level": "metrics", "bars": False}}

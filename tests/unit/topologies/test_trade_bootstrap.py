"""Closed trades are drawn again, and compounded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event
from tests.fakes.market import Workbench, payloads, trace_of
from topologies.trade_bootstrap import trade_returns, trades_metrics

WHEN = "2020-01-05T00:00:00Z"
PNLS = [100.0, -50.0, 200.0, -30.0]


def resample(folder: Path, pnls: list[float], paths: int = 50, seed: int = 1) -> list[dict[str, Any]]:
    closes = [Event("POSITION_CLOSE", WHEN, "portfolio", {"pnl": pnl}) for pnl in pnls]
    metrics = Event("PORTFOLIO_METRICS", WHEN, "metrics", {"params": {"n": 1}, "bars": 504})
    config = {
        "backtest": "backtest",
        "monte_carlo": {"paths": paths, "block": 5, "seed": seed},
        "execution": {"cash": 1000.0, "fill": "next_open", "at_end": "hold"},
        "bars": {"symbol": "TEST", "prices": "raw"},
        "strategy": {"name": "sma_cross", "params": {"n": 1}},
        "periods_per_year": 252.0,
    }
    events = Workbench(folder).run("trade_bootstrap", config, {"backtest": trace_of([*closes, metrics])})
    return payloads(events, "PORTFOLIO_METRICS")


def test_the_trades_as_they_were_compound_to_what_they_earned() -> None:
    figures = trades_metrics(trade_returns(np.array(PNLS), 1000.0), 1000.0, 2.0)
    assert figures["final_equity"] == pytest.approx(1220.0)
    assert figures["max_drawdown"] == pytest.approx(1050.0 / 1100.0 - 1.0)


def test_the_sharpe_ratio_is_that_of_trades_by_the_year() -> None:
    returns = np.array([0.1, -0.05, 0.2])
    expected = returns.mean() / returns.std(ddof=1) * 8.0**0.5
    assert trades_metrics(returns, 1000.0, 8.0)["sharpe_ratio"] == pytest.approx(expected)


def test_a_first_trade_that_loses_is_a_drawdown_from_the_cash() -> None:
    assert trades_metrics(np.array([-0.2, 0.1]), 1000.0, 2.0)["max_drawdown"] == pytest.approx(-0.2)


def test_every_path_draws_as_many_trades_as_there_were(tmp_path: Path) -> None:
    found = resample(tmp_path, PNLS)
    returns = trade_returns(np.array(PNLS), 1000.0)
    possible = {round(1000.0 * float(np.prod(1.0 + returns[list(rows)])), 6) for rows in np.ndindex(4, 4, 4, 4)}
    assert [path["path"] for path in found] == list(range(50))
    assert {round(path["final_equity"], 6) for path in found} <= possible
    assert len({path["final_equity"] for path in found}) > 15


def test_the_seed_decides(tmp_path: Path) -> None:
    assert resample(tmp_path, PNLS, seed=2) == resample(tmp_path, PNLS, seed=2) != resample(tmp_path, PNLS, seed=3)


def test_a_backtest_without_closed_trades_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'backtest' closed no trade"):
        resample(tmp_path, [])

"""Backtests of real data give the reference results, on which a bar loop, a vectorised form and fractions agree."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.fakes.market import FAKES, Workbench, payloads, trading_config
from tests.fakes.reference import reference

SMA_10_30 = {"name": "sma_cross", "params": {"fast": 10, "slow": 30}}
BUY_AND_HOLD: dict[str, Any] = {"name": "buy_and_hold", "params": {}}


class Setting(NamedTuple):
    """What a row of the reference file is about, where it is not the default."""

    strategy: dict[str, Any] = SMA_10_30
    file: str = "SPY.csv"
    bars: dict[str, Any] = {}
    execution: dict[str, Any] = {}


ROWS = {
    "SMA10/30 SPY price next_open cost0": Setting(),
    "SMA10/30 SPY price next_open 5bps": Setting(
        execution={"commission": {"bps": 5.0, "per_share": 0.0, "minimum": 0.0}}
    ),
    "SMA10/30 SPY price next_open whole-shares $0.005/sh min$1 slip1bp": Setting(
        execution={
            "shares": "whole",
            "commission": {"bps": 0.0, "per_share": 0.005, "minimum": 1.0},
            "slippage_bps": 1.0,
        }
    ),
    "SMA10/30 SPY price same_close cost0 (optimistic)": Setting(execution={"fill": "same_close"}),
    "SMA10/30 SPY price next_close cost0": Setting(execution={"fill": "next_close"}),
    "SMA10/30 SPY total-return next_open cost0": Setting(bars={"prices": "total_return"}),
    "SMA10/30 Lean raw SPY 1998-2021 next_open cost0 (Apache-2.0 data)": Setting(file="lean_SPY_raw.csv"),
    "BuyHold SPY price (buy first open)": Setting(BUY_AND_HOLD),
    "LOOKAHEAD BUG: fills at open[t] on close[t] signal": Setting({"name": "peeking_sma", "params": {}}),
    "FABER10 SPY total-return daily-bars decide month-end close fill next_open": Setting(
        {"name": "monthly_average", "params": {}}, bars={"prices": "total_return"}
    ),
    "MOM12 SPY total-return daily-bars decide month-end close fill next_open": Setting(
        {"name": "monthly_momentum", "params": {}}, bars={"prices": "total_return"}
    ),
}
# What test_reference_statistics.py is about.
OF_GRIDS = {"WF grid", "Overfit stats on grid (bars 200:)"}

# The reference's name of each figure, ours, and the decimals that the reference prints.
FIGURES = {
    "final_equity": ("final_equity", 4),
    "sharpe": ("sharpe_ratio", 6),
    "sortino": ("sortino_ratio", 6),
    "max_drawdown": ("max_drawdown", 6),
    "calmar": ("calmar_ratio", 6),
    "cagr_calendar": ("cagr_calendar", 6),
    "cagr_n_over_py": ("cagr", 6),
    "vol": ("volatility", 6),
    "exposure": ("exposure", 6),
    "annual_turnover": ("annual_turnover", 4),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_backtest_of_real_data_gives_the_reference_result(row: str, shared: Path, tmp_path: Path) -> None:
    bench, setting = Workbench(tmp_path, (FAKES / "reference_strategies.py",)), ROWS[row]
    data = bench.add_file(shared / "data" / setting.file)
    config = trading_config(data, setting.strategy, bars=setting.bars, execution=setting.execution)

    events = bench.run("backtest", config)

    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["fills"] == len(payloads(events, "FILL"))
    found = {name: round(metrics[ours], decimals) for name, (ours, decimals) in FIGURES.items()}
    found |= {"bars": metrics["bars"], "fills": metrics["fills"], "mdd_trough": metrics["max_drawdown_at"][:10]}
    assert found == reference(shared, "backtests")[row]


def test_no_row_of_the_reference_is_left_out(shared: Path) -> None:
    assert reference(shared, "backtests").keys() == ROWS.keys() | OF_GRIDS

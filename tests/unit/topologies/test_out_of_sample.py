"""The out-of-sample phase chains test windows as if one account had gone through them all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import DAY_NS, FIRST_DAY_NS, Workbench, payloads, trace_of
from topologies.bars import iso_timestamp
from topologies.components.metrics.performance import curve_metrics

PERIODS = 252.0


def day(number: int) -> str:
    return iso_timestamp(FIRST_DAY_NS + number * DAY_NS)


def traded(first_day: int, equity: list[float], cash: float, **changes: Any) -> TraceQuery:
    """The trace of a backtest of one window."""
    times = FIRST_DAY_NS + (first_day + np.arange(len(equity), dtype=np.int64)) * DAY_NS
    labels = {"symbol": "TEST", "strategy": "sma_cross", "fill": "next_open", "prices": "raw"}
    activity = {"fills": 2, "open_positions": 1, "commission": 1.5, "exposure": 0.5, "annual_turnover": 3.0}
    trades = {"trades": 1, "wins": 1, "gross_profit": 10.0, "gross_loss": 0.0}
    metrics = labels | curve_metrics(np.array(equity), times, cash, PERIODS) | activity | trades | changes
    curve = {"timestamp": [day(first_day + bar) for bar in range(len(equity))], "equity": equity}
    last = day(first_day + len(equity) - 1)
    return trace_of(
        [Event("EQUITY_CURVE", last, "portfolio", curve), Event("PORTFOLIO_METRICS", last, "metrics", metrics)]
    )


def selected(n: int, cagr: float | None = 0.1, trials: int = 13) -> TraceQuery:
    """The trace of a selection in training."""
    metrics = {
        "start_cash": 1000.0,
        "final_equity": 1100.0,
        "total_return": 0.1,
        "cagr": cagr,
        "sharpe_ratio": 1.0,
        "max_drawdown": -0.1,
        "fills": 9,
        "exposure": 0.7,
    }
    payload = {"params": {"n": n}, "trials": trials, "metrics": metrics}
    return trace_of([Event("SELECTION", day(0), "selection", payload)])


def chain(folder: Path, *windows: tuple[TraceQuery, TraceQuery], cash: float = 1000.0) -> list[Event]:
    """What the phase publishes for these (selection, test) windows."""
    inputs: dict[str, TraceQuery] = {}
    bounds = []
    for number, (selection, test) in enumerate(windows, start=1):
        inputs |= {f"select-{number}": selection, f"test-{number}": test}
        where = {"train": [0, 10 * number], "test": [10 * number, 10 * number + 3]}
        bounds.append(where | {"select_phase": f"select-{number}", "test_phase": f"test-{number}"})
    config = {
        "windows": bounds,
        "execution": {"cash": cash},
        "bars": {"symbol": "TEST"},
        "periods_per_year": PERIODS,
    }
    return Workbench(folder).run("out_of_sample", config, inputs)


def test_the_equity_of_the_windows_is_compounded(tmp_path: Path) -> None:
    events = chain(
        tmp_path,
        (selected(1), traded(10, [1000.0, 1100.0, 1200.0], 1000.0)),
        (selected(2), traded(13, [900.0, 1500.0], 1000.0)),
    )
    (curve,) = payloads(events, "EQUITY_CURVE")
    assert curve["equity"].tolist() == pytest.approx([1000.0, 1100.0, 1200.0, 1080.0, 1800.0])
    assert curve["timestamp"] == [day(number) for number in range(10, 15)]


def test_windows_with_another_start_cash_are_scaled_to_the_account(tmp_path: Path) -> None:
    events = chain(tmp_path, (selected(1), traded(10, [55.0, 60.0], 50.0)), (selected(1), traded(12, [40.0], 80.0)))
    (curve,) = payloads(events, "EQUITY_CURVE")
    assert curve["equity"].tolist() == pytest.approx([1100.0, 1200.0, 600.0])


def test_the_ratios_are_those_of_the_returns_of_all_windows_together(tmp_path: Path) -> None:
    first, second = [1000.0, 1100.0, 1045.0], [990.0, 1089.0]
    events = chain(tmp_path, (selected(1), traded(10, first, 1000.0)), (selected(2), traded(13, second, 1000.0)))
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    returns = np.array([0.0, 0.1, -0.05, -0.01, 0.1])
    assert metrics["sharpe_ratio"] == pytest.approx(returns.mean() / returns.std(ddof=1) * PERIODS**0.5)
    assert metrics["final_equity"] == pytest.approx(1000.0 * float(np.prod(1.0 + returns)))
    assert metrics["max_drawdown"] == pytest.approx(0.95 * 0.99 - 1.0)
    assert metrics["max_drawdown_at"] == day(13)
    assert metrics["bars"] == metrics["out_of_sample_bars"] == 5


def test_counts_are_added_up_and_shares_of_time_are_weighed_by_bars(tmp_path: Path) -> None:
    quiet = {"fills": 0, "open_positions": 0, "commission": 0.0, "exposure": 0.0, "annual_turnover": 0.0}
    lost = {"trades": 3, "wins": 0, "gross_profit": 0.0, "gross_loss": 20.0}
    events = chain(
        tmp_path,
        (selected(1, trials=13), traded(10, [1000.0, 1000.0, 1000.0], 1000.0)),
        (selected(2, trials=12), traded(13, [1000.0], 1000.0, **quiet, **lost)),
    )
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert (metrics["windows"], metrics["trials"], metrics["fills"], metrics["commission"]) == (2, 25, 2, 1.5)
    assert metrics["open_positions"] == 1
    assert (metrics["exposure"], metrics["annual_turnover"]) == (0.375, 2.25)
    assert (metrics["trades"], metrics["win_rate"], metrics["profit_factor"], metrics["expectancy"]) == (
        4,
        0.25,
        0.5,
        -2.5,
    )
    assert (metrics["strategy"], metrics["fill"], metrics["prices"]) == ("sma_cross", "next_open", "raw")


def test_what_becomes_of_positions_at_the_end_is_said_of_the_whole_where_it_is_of_the_windows(tmp_path: Path) -> None:
    windows = [(selected(n), traded(10 * n, [1000.0, 1001.0], 1000.0, at_end="close")) for n in (1, 2)]
    (metrics,) = payloads(chain(tmp_path, *windows), "PORTFOLIO_METRICS")
    assert metrics["at_end"] == "close"


def test_efficiency_is_the_mean_annualised_test_return_by_that_of_training(tmp_path: Path) -> None:
    events = chain(
        tmp_path,
        (selected(1, cagr=0.3), traded(10, [1000.0, 1001.0], 1000.0, cagr=0.1)),
        (selected(2, cagr=0.1), traded(12, [1000.0, 1001.0], 1000.0, cagr=-0.02)),
    )
    assert payloads(events, "PORTFOLIO_METRICS")[0]["walk_forward_efficiency"] == pytest.approx(0.04 / 0.2)


@pytest.mark.parametrize("train_cagrs", [(0.0, 0.0), (None, 0.1)])
def test_efficiency_is_undefined_where_training_gained_nothing_or_has_no_rate(
    train_cagrs: tuple[float | None, float | None], tmp_path: Path
) -> None:
    windows = [(selected(1, cagr=cagr), traded(10 + n, [1001.0], 1000.0)) for n, cagr in enumerate(train_cagrs)]
    assert payloads(chain(tmp_path, *windows), "PORTFOLIO_METRICS")[0]["walk_forward_efficiency"] is None


def test_each_window_tells_what_was_chosen_and_how_it_did(tmp_path: Path) -> None:
    events = chain(
        tmp_path,
        (selected(1), traded(10, [1000.0, 1100.0], 1000.0)),
        (selected(7, cagr=0.2), traded(12, [990.0], 1000.0)),
    )
    first, second = payloads(events, "WINDOW")
    assert (first["window"], first["params"], second["window"], second["params"]) == (1, {"n": 1}, 2, {"n": 7})
    assert (first["train"], first["test"], first["trials"]) == ([0, 10], [10, 13], 13)
    assert (first["test_first"], first["test_last"]) == (day(10), day(11))
    assert first["out_of_sample"]["total_return"] == pytest.approx(0.1)
    assert (second["in_sample"]["cagr"], second["in_sample"]["fills"]) == (0.2, 9)


def test_an_empty_list_of_windows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="windows is empty"):
        chain(tmp_path)


def test_a_window_without_one_selection_is_refused_and_its_phase_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected one SELECTION in .*select-1.*, found 0"):
        chain(tmp_path, (trace_of([], "select-1"), traded(10, [1000.0], 1000.0)))

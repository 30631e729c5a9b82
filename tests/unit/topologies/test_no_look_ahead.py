"""No look-ahead: what comes after a bar changes nothing that was decided or filled up to it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from phase_worker.events.event import Event
from tests.fakes.market import FAKES, Workbench, make_bars, random_walk, registry_with, trading_config
from topologies.bars import Bars

DICE = FAKES / "scripted_strategies.py"
LOOKING_AHEAD = FAKES / "clairvoyant_strategy.py"
LENGTH = 160
FILLS = ("next_open", "next_close", "same_close")

# Short enough to trade often within the bars of these tests.
PARAMS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 2, "slow": 5},
    "ema_cross": {"fast": 2, "slow": 5},
    "momentum": {"lookback": 4, "threshold": 0.0},
    "rsi_reversion": {"window": 3},
    "bollinger": {"window": 5, "width": 1.0},
    "donchian_breakout": {"entry": 4, "exit": 3},
    "variable_moving_average": {"short": 1, "long": 4, "band": 0.01},
    "macd_trend": {"fast": 2, "slow": 5, "signal": 3},
    "buy_and_hold": {},
}
# Where the future begins: early, amid trades, and at the last bar.
NOWS = (12, 57, 101, LENGTH - 2)


# Settings of execution and risk under which orders wait and positions end by themselves.
WAITING: tuple[dict[str, dict[str, Any]], ...] = (
    {
        "execution": {"order": {"type": "limit", "limit_bps": 40.0, "stop_bps": 0.0, "valid_bars": 3}},
        "risk": {"trailing_stop": 0.02, "max_bars": 9},
    },
    {
        "execution": {"order": {"type": "stop_limit", "limit_bps": -90.0, "stop_bps": 30.0, "valid_bars": None}},
        "risk": {"stop_loss": 0.02, "take_profit": 0.03},
    },
    {"execution": {"volume_cap": 0.2, "slippage_bps": 40.0, "slippage_cap": "bar_range"}, "risk": {"stop_loss": 0.02}},
)


def decided_until(
    bench: Workbench,
    bars: Bars,
    strategy: dict[str, Any],
    fill: str,
    now: int,
    settings: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> list[Event]:
    """The events with a time up to bar `now`, but for the two that sum up the whole window."""
    execution, risk = settings.get("execution", {}), settings.get("risk", {})
    config = trading_config(bench.add_data(bars), strategy, execution={"fill": fill} | execution, risk=risk)
    until = bars.timestamp(now)
    summaries = {"EQUITY_CURVE", "PORTFOLIO_METRICS"}
    return [
        event
        for event in bench.run("backtest", config)
        if event.event_type not in summaries and event.timestamp is not None and event.timestamp <= until
    ]


def with_another_future(bars: Bars, now: int) -> Bars:
    """The same bars up to `now`, then noise that is three times as wild, at ten times the price."""
    noise = random_walk(999, len(bars))
    closes, opens = bars.close.copy(), bars.open.copy()
    closes[now + 1 :] = 10.0 * noise.close[now + 1 :] ** 3 / 1e4
    opens[now + 1 :] = 10.0 * noise.open[now + 1 :] ** 3 / 1e4
    return make_bars(closes, opens)


def own_params(name: str) -> dict[str, Any]:
    declared = registry_with().get("strategy", name).parameters
    return {key: parameter.default for key, parameter in declared.items()} | PARAMS[name]


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("name", PARAMS)
def test_noise_after_a_bar_changes_nothing_up_to_it(name: str, fill: str, tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path), random_walk(7, LENGTH)
    strategy = {"name": name, "params": own_params(name)}
    for now in NOWS:
        known = decided_until(bench, bars, strategy, fill, now)
        assert decided_until(bench, with_another_future(bars, now), strategy, fill, now) == known
    assert any(event.event_type == "FILL" for event in known)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("name", PARAMS)
def test_data_that_ends_at_a_bar_gives_the_same_up_to_it(name: str, fill: str, tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path), random_walk(7, LENGTH)
    strategy = {"name": name, "params": own_params(name)}
    for now in NOWS:
        truncated = make_bars(bars.close[: now + 1], bars.open[: now + 1])
        known = decided_until(bench, bars, strategy, fill, now)
        assert decided_until(bench, truncated, strategy, fill, now) == known


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("settings", WAITING)
def test_orders_that_wait_and_exits_know_no_bar_to_come(
    settings: dict[str, dict[str, Any]], fill: str, tmp_path: Path
) -> None:
    bench, bars = Workbench(tmp_path, plugins=(DICE,)), random_walk(7, LENGTH)
    dice = {"name": "dice", "params": {"seed": 5, "levels": "weights"}}
    for now in range(2, LENGTH - 1, 7):
        known = decided_until(bench, bars, dice, fill, now, settings)
        truncated = make_bars(bars.close[: now + 1], bars.open[: now + 1])
        assert decided_until(bench, truncated, dice, fill, now, settings) == known
        assert decided_until(bench, with_another_future(bars, now), dice, fill, now, settings) == known
    orders = [event.payload for event in known if event.event_type == "ORDER"]
    assert {"reason" in order for order in orders} == {True, False}


def test_every_shipped_strategy_is_tried() -> None:
    assert {info.name for info in registry_with().get_components_by_type("strategy")} == set(PARAMS)


def test_a_strategy_that_does_look_ahead_is_noticed_by_these_tests(tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path, plugins=(LOOKING_AHEAD,)), random_walk(7, LENGTH)
    strategy = {"name": "clairvoyant", "params": {}}
    noticed = [
        decided_until(bench, bars, strategy, "next_open", now)
        != decided_until(bench, with_another_future(bars, now), strategy, "next_open", now)
        for now in range(20, 30)
    ]
    assert any(noticed)


@pytest.mark.parametrize(("fill", "delay"), [("next_open", 1), ("next_close", 1), ("same_close", 0)])
def test_a_fill_is_never_before_the_bar_that_its_convention_allows(fill: str, delay: int, tmp_path: Path) -> None:
    bench, bars = Workbench(tmp_path, plugins=(DICE,)), random_walk(3, LENGTH)
    strategy = {"name": "dice", "params": {"seed": 5, "levels": "weights"}}
    events = bench.run("backtest", trading_config(bench.add_data(bars), strategy, execution={"fill": fill}))
    by_id = {event.event_id: event for event in events}
    fills = [event for event in events if event.event_type == "FILL"]
    waited = {event.payload["bar"] - by_id[event.causation_id or 0].payload["bar"] for event in fills}
    assert len(fills) > 10
    assert waited == {delay}
    column = bars.open if fill == "next_open" else bars.close
    assert [event.payload["price"] for event in fills] == [float(column[event.payload["bar"]]) for event in fills]


def test_events_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, plugins=(DICE,))
    data = bench.add_data(random_walk(3, LENGTH))
    strategy = {"name": "dice", "params": {"seed": 5, "levels": "weights"}}
    for settings in ({}, *WAITING):
        times = [event.timestamp or "" for event in bench.run("backtest", trading_config(data, strategy, **settings))]
        assert times == sorted(times)
        assert np.unique(times).size > 20

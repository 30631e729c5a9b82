"""With orders that wait, protection and capped volume, the engine does what a walk over every bar does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase_worker.contract.errors import ConfigError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.bar_by_bar import BarByBar
from tests.fakes.market import make_ohlc, payloads, random_walk, registry_with, trading_config
from topologies.account_setup import new_account, new_risk_rules
from topologies.bars import Bars, FloatArray
from topologies.components.strategies.intent import intent_changes
from topologies.trading import open_account, publish_signals, publish_window_end


def wide_bars(seed: int, length: int) -> Bars:
    """A walk whose bars reach beyond their opens and closes, with a volume that changes, and is 0 at times."""
    bars, generator = random_walk(seed, length), np.random.default_rng(seed + 1000)
    reach = np.abs(generator.normal(0.0, 0.012, (2, length)))
    volume = np.where(generator.random(length) < 0.1, 0.0, generator.uniform(10.0, 2000.0, length).round())
    return replace(bars, high=bars.high * (1 + reach[0]), low=bars.low * (1 - reach[1]), volume=volume)


def some_targets(seed: int, length: int, levels: tuple[float, ...]) -> FloatArray:
    """A level drawn anew at about every fourth bar."""
    generator = np.random.default_rng(seed)
    drawn = generator.choice(levels, length)
    changes = np.maximum.accumulate(np.where(generator.random(length) < 0.25, np.arange(length), 0))
    return np.asarray(drawn[changes], dtype=np.float64)


rates = st.none() | st.sampled_from([0.005, 0.02, 0.06])
protections = st.fixed_dictionaries(
    {
        "stop_loss": rates,
        "take_profit": rates,
        "trailing_stop": st.none() | st.sampled_from([0.007, 0.025, 0.05]),  # at a tie rounding says which stop it is
        "max_bars": st.none() | st.integers(1, 7),
        "allow_short": st.booleans(),
        "max_weight": st.sampled_from([0.6, 1.0]),
    }
)
sizers = st.sampled_from(
    [
        {"sizing": "all_in", "params": {"fraction": 1.0}},
        {"sizing": "all_in", "params": {"fraction": 0.7}},
        {"sizing": "fixed_shares", "params": {"quantity": 40.0}},
        {"sizing": "fixed_cash", "params": {"amount": 9000.0}},
    ]
)
orders = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["market", "limit", "stop", "stop_limit"]),
        "limit_bps": st.sampled_from([-150.0, -50.0, 0.0, 80.0]),
        "stop_bps": st.sampled_from([0.0, 60.0, 150.0]),
        "valid_bars": st.none() | st.integers(1, 4),
    }
)
executions = st.fixed_dictionaries(
    {
        "cash": st.just(10_000.0),
        "fill": st.sampled_from(["next_open", "next_close", "same_close"]),
        "shares": st.sampled_from(["fractional", "whole"]),
        "commission": st.sampled_from([{"bps": bps, "per_share": 0.0, "minimum": 0.0} for bps in (0.0, 7.0)]),
        "slippage_bps": st.sampled_from([0.0, 30.0]),
        "slippage_cap": st.sampled_from(["none", "bar_range"]),
        "order": orders,
        "volume_cap": st.none() | st.sampled_from([0.01, 0.05, 0.3]),
        "at_end": st.sampled_from(["hold", "close"]),
    }
)
LEVELS = st.sampled_from([(0.0, 1.0), (0.0, 0.3, 0.5, 1.0), (-1.0, -0.5, 0.0, 0.5, 1.0)])


def configure(tmp_path: Path, execution: dict[str, Any], risk: dict[str, Any], start: int = 0) -> dict[str, Any]:
    data = tmp_path / "unread.csv"
    data.touch()
    strategy = {"name": "made_up", "params": {}}
    return trading_config(data, strategy, execution=execution, risk=risk, bars={"start": start})


def trade(config: dict[str, Any], bars: Bars, targets: FloatArray) -> list[Event]:
    """All that the engine says of these targets."""
    bus, tracer = EventBus(), UnifiedTracer()
    bus.attach_tracer(tracer)
    rules = new_risk_rules(registry_with(), config["risk"])
    open_account(bus, bars, config, rules, new_account(config["execution"]))
    publish_signals(bus, bars, config, intent_changes(targets, config["bars"]["start"], len(bars)))
    publish_window_end(bus, bars, config)
    return tracer.events


def but_dust(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """An order to the weight that is held already may ask for what rounding has left of it."""
    return [row for row in rows if abs(row[1]) > 1e-9]


def as_rows(events: list[Event]) -> list[tuple[Any, ...]]:
    return [
        (
            fill["bar"],
            fill["quantity"] if fill["side"] == "BUY" else -fill["quantity"],
            fill["price"],
            fill["cash"],
            fill["position"],
            fill.get("reason"),
        )
        for fill in payloads(events, "FILL")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@settings(max_examples=400)
@given(
    walk=st.integers(0, 10_000),
    start=st.sampled_from([0, 13]),
    levels=LEVELS,
    execution=executions,
    sizer=sizers,
    protection=protections,
)
def test_the_engine_fills_what_a_walk_over_every_bar_fills(
    folder: Path,
    walk: int,
    start: int,
    levels: tuple[float, ...],
    execution: dict[str, Any],
    sizer: dict[str, Any],
    protection: dict[str, Any],
) -> None:
    bars, targets = wide_bars(walk, 150), some_targets(walk, 150, levels)
    config = configure(folder, execution, sizer | protection, start)
    events = trade(config, bars, targets)
    slow = BarByBar(config, bars)
    slow.run(targets.tolist())
    expected = but_dust([(bar, *numbers) for bar, _, *numbers in slow.fills])
    found = but_dust(as_rows(events))
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert [row[5] for row in found] == [row[5] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert row[1:5] == pytest.approx(wanted[1:5], rel=1e-9, abs=1e-6)
    if protection["max_bars"] is None:  # an exit at the close that an order expires at may find it either way
        assert [event["bar"] for event in payloads(events, "ORDER_EXPIRED")] == slow.expired


@pytest.mark.parametrize("fill", ["next_open", "next_close", "same_close"])
@pytest.mark.parametrize("walk", range(4))
def test_a_stop_that_is_never_reached_changes_nothing_but_what_a_fill_says_of_itself(
    folder: Path, fill: str, walk: int
) -> None:
    bars, targets = wide_bars(walk, 200), some_targets(walk, 200, (-1.0, 0.0, 0.5, 1.0))
    plain, protected = (
        trade(configure(folder, {"fill": fill}, {"allow_short": True, "stop_loss": stop}), bars, targets)
        for stop in (None, 0.99)
    )
    assert [event.event_type for event in protected] == [event.event_type for event in plain]
    assert as_rows(protected) == as_rows(plain)


def test_an_exit_leaves_the_account_flat_until_the_intent_changes(folder: Path) -> None:
    rows = [(100.0, 101.0, 99.0, 100.0)] * 10
    rows[3] = (100.0, 101.0, 90.0, 100.0)
    bars, targets = make_ohlc(*rows), np.array([1.0] * 6 + [0.0, 1.0, 1.0, 1.0])
    events = trade(configure(folder, {}, {"stop_loss": 0.05}), bars, targets)
    assert [(row[0], row[5]) for row in as_rows(events)] == [(1, None), (3, "stop_loss"), (8, None)]


def test_a_stop_cancels_what_the_strategy_has_at_work(folder: Path) -> None:
    quiet = (100.0, 101.0, 99.0, 100.0)
    bars = make_ohlc(quiet, quiet, (100.0, 101.0, 94.0, 96.0), quiet, quiet, volume=1000.0)
    execution = {"volume_cap": 0.1}  # all of the cash is for 1,000 shares, of which a bar gives 100
    events = trade(configure(folder, execution, {"stop_loss": 0.05}), bars, np.ones(5))
    assert [(row[0], row[5], row[4]) for row in as_rows(events)] == [
        (1, None, 100.0),
        (2, None, 200.0),
        (3, "stop_loss", 100.0),
        (4, "stop_loss", 0.0),
    ]
    assert len(payloads(events, "ORDER_CANCELLED")) == 1


def test_a_cap_on_a_volume_that_there_is_not_is_refused(folder: Path) -> None:
    bars = make_ohlc(*[(100.0, 101.0, 99.0, 100.0)] * 3, volume=0.0)
    with pytest.raises(ConfigError, match="no bar to be traded has a volume"):
        trade(configure(folder, {"volume_cap": 0.1}, {}), bars, np.ones(3))


def test_every_fill_goes_back_to_a_signal(folder: Path) -> None:
    config = configure(folder, {}, {"stop_loss": 0.02, "trailing_stop": 0.03})
    events = trade(config, wide_bars(1, 200), some_targets(1, 200, (0.0, 1.0)))
    by_id = {event.event_id: event for event in events}
    exits = [event for event in events if event.event_type == "ORDER" and "reason" in event.payload]
    assert exits
    for event in exits:
        opened = by_id[event.causation_id or 0]
        assert (opened.event_type, opened.payload["reason"]) == ("FILL", None)
        assert by_id[event.correlation_id or 0].event_type == "SIGNAL"

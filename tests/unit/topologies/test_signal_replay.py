"""Stored signals, replayed without their strategy, give event for event what a backtest gives."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import FAKES, Workbench, random_walk, trace_of, trading_config

DICE = FAKES / "scripted_strategies.py"
PARAMS = {"seed": 3, "levels": "long_short"}
SIGNALS_FROM = {"name": "dice", "signals_from": "generate"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


def generated(folder: Path, data: Path, params: dict[str, Any] = PARAMS, **changes: Any) -> TraceQuery:
    """The trace of the signals of `dice`, read back from its lines."""
    config = trading_config(data, {"name": "dice", "params": params}, **changes)
    return trace_of(bench(folder, data, DICE).run("signal_generation", config), "generate")


def replayed(folder: Path, data: Path, trace: TraceQuery, **changes: Any) -> list[Event]:
    """What a phase publishes that does not know the strategy."""
    config = trading_config(data, SIGNALS_FROM, **changes)
    return bench(folder, data).run("signal_replay", config, {"generate": trace})


def bench(folder: Path, data: Path, *plugins: Path) -> Workbench:
    found = Workbench(folder, plugins)
    found.add_file(data)
    return found


def lines(events: list[Event]) -> list[bytes]:
    options = orjson.OPT_SERIALIZE_NUMPY
    return [
        orjson.dumps([e.event_type, e.event_id, e.causation_id, e.timestamp, e.source_id, e.payload], option=options)
        for e in events
    ]


@given(
    walk=st.integers(0, 5),
    seed=st.integers(0, 99),
    start=st.integers(0, 20),
    fill=st.sampled_from(["next_open", "next_close", "same_close"]),
    bps=st.sampled_from([0.0, 5.0]),
    shares=st.sampled_from(["fractional", "whole"]),
    max_weight=st.sampled_from([0.4, 1.0]),
    allow_short=st.booleans(),
)
def test_a_replay_has_every_event_of_the_backtest_with_its_settings(
    folder: Path, walk: int, seed: int, start: int, fill: str, bps: float, shares: str, **risk: Any
) -> None:
    data = Workbench(folder).add_data(random_walk(walk, 60))
    params, bars = PARAMS | {"seed": seed}, {"start": start, "end": 60}
    commission = {"bps": bps, "per_share": 0.0, "minimum": 0.0}
    settings = {"execution": {"fill": fill, "shares": shares, "commission": commission}, "risk": risk, "bars": bars}

    direct = bench(folder, data, DICE).run(
        "backtest", trading_config(data, {"name": "dice", "params": params}, **settings)
    )

    assert lines(replayed(folder, data, generated(folder, data, params, bars=bars), **settings)) == lines(direct)


def test_only_changes_of_intent_are_stored_and_what_they_are_of(folder: Path) -> None:
    data = Workbench(folder).add_data(random_walk(1, 60))
    *signals, origin = generated(folder, data).filter_events(event_type=("SIGNAL", "SIGNAL_SET"))
    assert 0 < len(signals) < 30
    assert all(signal.payload["target"] != signal.payload["previous"] for signal in signals)
    assert origin.payload["signals"] == len(signals)
    assert (origin.payload["strategy"], origin.payload["params"]) == ("dice", PARAMS)


def test_a_strategy_that_does_nothing_is_replayed_as_nothing(folder: Path) -> None:
    data = Workbench(folder).add_data(random_walk(1, 3))
    config = trading_config(data, {"name": "sma_cross", "params": {"fast": 10, "slow": 30}})
    trace = trace_of(bench(folder, data).run("signal_generation", config), "generate")
    replay = trading_config(data, {"name": "sma_cross", "signals_from": "generate"})
    events = bench(folder, data).run("signal_replay", replay, {"generate": trace})
    assert [event.event_type for event in events] == ["EQUITY_CURVE", "PORTFOLIO_METRICS"]


def test_signals_of_other_bars_are_refused(folder: Path) -> None:
    data = Workbench(folder).add_data(random_walk(1, 60))
    with pytest.raises(ConfigError, match="'generate' has signals of dice on bars .*'start': 0.*'start': 7"):
        replayed(folder, data, generated(folder, data), bars={"start": 7})


def test_a_trace_that_left_signals_out_is_refused(folder: Path) -> None:
    data = Workbench(folder).add_data(random_walk(1, 60))
    kept = generated(folder, data).filter_events(event_type="SIGNAL_SET")
    with pytest.raises(ConfigError, match=r"is not one with all signals.*trace\.level is full"):
        replayed(folder, data, trace_of(kept, "generate"))


def test_a_phase_that_it_does_not_depend_on_is_refused(folder: Path) -> None:
    data = Workbench(folder).add_data(random_walk(1, 60))
    with pytest.raises(ConfigError, match="'generate' is not a phase that this one depends on"):
        bench(folder, data).run("signal_replay", trading_config(data, SIGNALS_FROM))

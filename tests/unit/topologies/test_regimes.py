"""In each regime trades what was chosen for it, and nothing that came later has chosen it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.events.event import Event
from tests.fakes.market import FAKES, Workbench, make_bars, payloads, random_walk, trace_of, trading_config
from topologies.bars import Bars

LENGTH = 160
BARS = random_walk(7, LENGTH)
PLUGINS = (FAKES / "clairvoyant_regimes.py",)
HALVES = {"classifier": "halves", "params": {"at": 80, "known": 0}, "regimes": ["first", "second", "never"]}
VOLATILITY = {
    "classifier": "volatility_regime",
    "params": {"window": 3, "history": 12, "ratio": 1.0},
    "regimes": ["calm", "turbulent"],
}
FAST, HOLD = {"strategy": "sma_cross", "params": {"fast": 2, "slow": 5}}, {"strategy": "buy_and_hold", "params": {}}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path, plugins=PLUGINS)


def config(bench: Workbench, regime: dict[str, Any], bars: Bars = BARS, **strategy: Any) -> dict[str, Any]:
    return trading_config(bench.add_data(bars), {"name": "sma_cross", **strategy}) | {"regime": regime}


def sweep(bench: Workbench, regime: dict[str, Any], *trials: dict[str, Any]) -> list[dict[str, Any]]:
    return payloads(bench.run("parameter_sweep", config(bench, regime, trials=list(trials))), "PORTFOLIO_METRICS")


def traded(bench: Workbench, regime: dict[str, Any], choices: dict[str, Any], bars: Bars = BARS) -> list[Event]:
    selection = Event("SELECTION", None, "test", {"params": {}, "trials": 7, "choices": choices})
    asked = config(bench, regime, bars, params_from="choose")
    return bench.run("regime_backtest", asked, {"choose": trace_of([selection])})


def test_a_trial_within_a_regime_is_flat_at_every_bar_outside_of_it(bench: Workbench) -> None:
    params = {"fast": 2, "slow": 5}
    [first] = sweep(bench, HALVES | {"only": "first"}, params)
    [second] = sweep(bench, HALVES | {"only": "second"}, params)
    [never] = sweep(bench, HALVES | {"only": "never"}, params)
    plain = trading_config(bench.add_data(BARS), {"name": "sma_cross", "trials": [params]})
    [always] = payloads(bench.run("parameter_sweep", plain), "PORTFOLIO_METRICS")
    assert (first["regime"], second["regime"]) == ("first", "second")
    assert (never["fills"], never["sharpe_ratio"]) == (0, None)
    assert "regime" not in always
    growth = first["final_equity"] / 1e5 * second["final_equity"] / 1e5
    assert growth != pytest.approx(1.0)
    # The position at the change is sold at the next open, and bought again there: at no cost that is no trade.
    assert growth == pytest.approx(always["final_equity"] / 1e5, rel=1e-12)


def test_in_each_regime_trades_what_was_chosen_for_it(bench: Workbench) -> None:
    events = traded(bench, HALVES, {"first": FAST, "second": HOLD, "never": None})
    signals = payloads(events, "SIGNAL")
    alone = payloads(
        bench.run("backtest", trading_config(bench.add_data(BARS), {"name": "sma_cross", "params": FAST["params"]})),
        "SIGNAL",
    )
    assert [signal for signal in signals if signal["bar"] < 80] == [signal for signal in alone if signal["bar"] < 80]
    assert all(signal["target"] == 1.0 for signal in signals if signal["bar"] >= 80)
    [metrics] = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["trials"] == 7


def test_a_regime_for_which_nothing_was_chosen_is_flat(bench: Workbench) -> None:
    signals = payloads(traded(bench, HALVES, {"first": HOLD, "second": None, "never": None}), "SIGNAL")
    assert [(signal["bar"], signal["target"]) for signal in signals] == [(0, 1.0), (80, 0.0)]


def test_changes_of_the_regime_stand_in_the_order_of_time_each_with_the_one_before_as_its_cause(
    bench: Workbench,
) -> None:
    late = HALVES | {"params": {"at": 80, "known": 30}}
    events = traded(bench, late, {"first": HOLD, "second": FAST, "never": None})
    changes = [event for event in events if event.event_type == "REGIME_CHANGE"]
    told = [(event.payload["bar"], event.payload["from"], event.payload["to"]) for event in changes]
    assert told == [(0, None, None), (30, None, "first"), (80, "first", "second")]
    assert [event.causation_id for event in changes] == [None, changes[0].event_id, changes[1].event_id]
    assert [event.timestamp for event in changes] == [BARS.timestamp(bar) for bar in (0, 30, 80)]
    signal = next(event for event in events if event.event_type == "SIGNAL")
    assert signal.payload["bar"] == 30
    assert events.index(signal) == events.index(changes[1]) + 1
    times = [event.timestamp for event in events if event.event_type in {"REGIME_CHANGE", "SIGNAL", "FILL"}]
    assert times == sorted(times, key=str)


def test_neither_missing_bars_nor_noise_change_anything_before_them(bench: Workbench) -> None:
    choices = {"calm": FAST, "turbulent": HOLD}
    events = traded(bench, VOLATILITY, choices)
    noise = random_walk(8, LENGTH)
    for now in (20, 57, 101, 140):
        shorter = BARS.until(now)
        closes, opens = (
            np.concatenate((getattr(BARS, name)[:now], 3 * getattr(noise, name)[now:])) for name in ("close", "open")
        )
        for future in (shorter, make_bars(closes, opens)):
            assert decided(traded(bench, VOLATILITY, choices, future), now) == decided(events, now)
    assert len([event for event in events if event.event_type == "REGIME_CHANGE"]) > 10


def decided(events: list[Event], now: int) -> list[Event]:
    """What is of bars before `now`."""
    of_bars = {"REGIME_CHANGE", "SIGNAL", "RISK_DECISION", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE"}
    until = BARS.timestamp(now)
    return [event for event in events if event.event_type in of_bars and str(event.timestamp) < until]


def test_a_classifier_that_looks_ahead_is_found(bench: Workbench) -> None:
    trials = [
        {"strategy": "clairvoyant_regime", "params": {}, "regimes": ["up", "down"]},
        {"strategy": VOLATILITY["classifier"], **{key: VOLATILITY[key] for key in ("params", "regimes")}},
    ]
    asked = trading_config(bench.add_data(BARS), {}) | {"trials": trials}
    found, innocent = payloads(bench.run("look_ahead_check", asked), "LOOK_AHEAD_CHECK")
    assert found["finding"]["cut"] - found["finding"]["bar"] == 1
    assert innocent["finding"] is None


def choose(bench: Workbench, regime: dict[str, Any], **selected: dict[str, Any]) -> dict[str, Any]:
    found = {name: {"value": 0.5, "trials": 3, "params": c["params"], "metrics": c} for name, c in selected.items()}
    inputs = {name: trace_of([Event("SELECTION", None, "test", payload)]) for name, payload in found.items()}
    asked = config(bench, regime, selections={name: name for name in selected}) | {"objective": "sharpe_ratio"}
    [choice] = payloads(bench.run("regime_choice", asked, inputs), "SELECTION")
    return choice


def test_the_choice_has_the_figures_of_trading_all_of_it_in_training(bench: Workbench) -> None:
    found = choose(bench, HALVES, first=FAST, second=HOLD, never=HOLD)
    [traded_metrics] = payloads(traded(bench, HALVES, found["choices"]), "PORTFOLIO_METRICS")
    assert found["value"] == found["metrics"]["sharpe_ratio"] == traded_metrics["sharpe_ratio"]
    assert found["params"] == {"first": "sma_cross fast=2 slow=5", "second": "buy_and_hold", "never": "flat"}
    assert found["trials"] == 9


def test_for_a_regime_that_training_has_not_seen_nothing_is_chosen(bench: Workbench) -> None:
    assert choose(bench, HALVES, first=FAST, second=HOLD, never=HOLD)["choices"]["never"] is None

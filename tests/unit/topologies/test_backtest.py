"""A backtest tells the whole way from a signal to the metrics, and trades its window only."""

from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ComponentError, ConfigError
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import FAKES, Workbench, make_bars, payloads, random_walk, trace_of, trading_config

BUY_AND_HOLD: dict[str, Any] = {"name": "buy_and_hold", "params": {}}
# SMA(1) is the close itself: long while the close is above the mean of the last two, thus after each rise.
RISES = {"name": "sma_cross", "params": {"fast": 1, "slow": 2}}


@pytest.fixture
def bench(tmp_path: Any) -> Workbench:
    return Workbench(tmp_path, plugins=(FAKES / "scripted_strategies.py",))


def test_a_round_trip_is_told_from_signal_to_closed_position(bench: Workbench) -> None:
    bars = make_bars([10.0, 11.0, 12.0, 11.0, 10.0], opens=[10.0, 10.5, 11.5, 12.5, 11.0])
    events = bench.run("backtest", trading_config(bench.add_data(bars), RISES))
    assert [(event.event_type, event.timestamp) for event in events] == [
        ("SIGNAL", bars.timestamp(1)),
        ("RISK_DECISION", bars.timestamp(1)),
        ("ORDER", bars.timestamp(1)),
        ("FILL", bars.timestamp(2)),
        ("POSITION_OPEN", bars.timestamp(2)),
        ("PORTFOLIO_UPDATE", bars.timestamp(2)),
        ("SIGNAL", bars.timestamp(3)),
        ("RISK_DECISION", bars.timestamp(3)),
        ("ORDER", bars.timestamp(3)),
        ("FILL", bars.timestamp(4)),
        ("POSITION_CLOSE", bars.timestamp(4)),
        ("PORTFOLIO_UPDATE", bars.timestamp(4)),
        ("EQUITY_CURVE", bars.timestamp(4)),
        ("PORTFOLIO_METRICS", bars.timestamp(4)),
    ]
    assert payloads(events, "SIGNAL")[0] == {
        "symbol": "TEST",
        "bar": 1,
        "target": 1.0,
        "previous": 0.0,
        "price": 11.0,
    }
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["final_equity"] == pytest.approx(100_000.0 * 11.0 / 11.5)
    assert (metrics["fills"], metrics["trades"], metrics["wins"]) == (2, 1, 0)


def test_every_fill_goes_back_to_its_signal_by_causation(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 120))
    events = bench.run("backtest", trading_config(data, RISES))
    paths = trace_of(events).get_signal_to_fill_paths()
    fills = [event.event_id for event in events if event.event_type == "FILL"]
    assert len(fills) > 20
    assert [path[-1].event_id for path in paths] == fills
    for path in paths:
        assert [event.event_type for event in path] == ["SIGNAL", "RISK_DECISION", "ORDER", "FILL"]
        assert {event.correlation_id for event in path} == {path[0].event_id}


def test_the_metrics_state_the_conventions_that_they_hold_under(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 40))
    events = bench.run("backtest", trading_config(data, RISES, execution={"fill": "same_close"}))
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    labels = ("symbol", "strategy", "fill", "prices", "params", "trial", "trials")
    assert [metrics[label] for label in labels] == [
        "TEST",
        "sma_cross",
        "same_close",
        "raw",
        {"fast": 1, "slow": 2},
        0,
        1,
    ]


def test_a_window_starts_flat_and_decides_first_at_its_first_close(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 40))
    events = bench.run("backtest", trading_config(data, BUY_AND_HOLD, bars={"start": 25, "end": 32}))
    (signal,) = payloads(events, "SIGNAL")
    (fill,) = payloads(events, "FILL")
    (curve,) = payloads(events, "EQUITY_CURVE")
    assert (signal["bar"], signal["previous"], fill["bar"]) == (25, 0.0, 26)
    assert (len(curve["equity"]), curve["first_bar"]) == (7, 25)
    assert curve["equity"][0] == 100_000.0
    assert payloads(events, "PORTFOLIO_METRICS")[0]["bars"] == 7


def test_indicators_are_warm_from_the_bars_before_the_window(bench: Workbench) -> None:
    data = bench.add_data(make_bars(np.linspace(10.0, 20.0, 40)))
    slow = {"name": "sma_cross", "params": {"fast": 5, "slow": 20}}
    events = bench.run("backtest", trading_config(data, slow, bars={"start": 25}))
    assert payloads(events, "SIGNAL")[0]["bar"] == 25


def test_bars_behind_the_window_change_nothing(bench: Workbench) -> None:
    whole, cut = random_walk(1, 60), random_walk(1, 40)
    window = {"start": 10, "end": 40}
    longer = bench.run("backtest", trading_config(bench.add_data(whole), RISES, bars=window))
    shorter = bench.run("backtest", trading_config(bench.add_data(cut), RISES, bars=window))
    assert trace_of(longer).filter_events() == trace_of(shorter).filter_events()


def test_a_position_that_is_held_at_the_end_is_not_sold(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 40))
    events = bench.run("backtest", trading_config(data, BUY_AND_HOLD))
    assert (len(payloads(events, "FILL")), payloads(events, "POSITION_CLOSE")) == (1, [])


def test_a_signal_at_the_last_close_is_ordered_but_not_filled(bench: Workbench) -> None:
    data = bench.add_data(make_bars([10.0, 10.0, 10.0, 11.0]))
    events = bench.run("backtest", trading_config(data, RISES))
    assert (len(payloads(events, "ORDER")), payloads(events, "FILL")) == (1, [])
    assert payloads(events, "PORTFOLIO_METRICS")[0]["final_equity"] == 100_000.0


def test_a_strategy_that_never_trades_still_has_its_curve_and_metrics(bench: Workbench) -> None:
    data = bench.add_data(make_bars([10.0, 9.0, 8.0, 7.0]))
    events = bench.run("backtest", trading_config(data, RISES))
    assert [event.event_type for event in events] == ["EQUITY_CURVE", "PORTFOLIO_METRICS"]


def test_shorts_are_traded_where_the_risk_settings_allow_them(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 60))
    dice = {"name": "dice", "params": {"seed": 3, "levels": "long_short"}}
    allowed = bench.run("backtest", trading_config(data, dice, risk={"allow_short": True}))
    forbidden = bench.run("backtest", trading_config(data, dice))
    assert min(fill["position"] for fill in payloads(allowed, "FILL")) < 0.0
    assert min(fill["position"] for fill in payloads(forbidden, "FILL")) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_the_side_of_a_fill_is_that_of_its_order(bench: Workbench, seed: int) -> None:
    data = bench.add_data(random_walk(seed, 200))
    dice = {"name": "dice", "params": {"seed": seed, "levels": "weights"}}
    for path in trace_of(bench.run("backtest", trading_config(data, dice))).get_signal_to_fill_paths():
        assert path[-2].payload["side"] == path[-1].payload["side"]


def test_an_order_to_a_higher_weight_says_sell_where_the_price_has_raised_the_weight_further(bench: Workbench) -> None:
    prices = [10.0, 10.0, 10.0, 30.0, 30.0, 30.0]
    data = bench.add_data(make_bars(prices))
    stairs = {"name": "stairs", "params": {"first": 0.5, "then": 0.6, "at": 3}}
    events = bench.run("backtest", trading_config(data, stairs))  # half of the equity has become three quarters
    assert [fill["side"] for fill in payloads(events, "FILL")] == ["BUY", "SELL"]
    assert [order["side"] for order in payloads(events, "ORDER")] == ["BUY", "SELL"]


def test_bars_are_published_only_where_the_job_asks_for_them(bench: Workbench) -> None:
    bars = random_walk(1, 30)
    data = bench.add_data(bars)
    window = {"start": 10, "end": 20}
    without = bench.run("backtest", trading_config(data, RISES, bars=window))
    with_bars = bench.run("backtest", trading_config(data, RISES, bars=window, trace={"bars": True}))
    assert payloads(without, "BAR") == []
    published = payloads(with_bars, "BAR")
    assert [bar["bar"] for bar in published] == list(range(10, 20))
    assert [bar["close"] for bar in published] == bars.close[10:20].tolist()
    for event_type in ("SIGNAL", "ORDER", "FILL", "PORTFOLIO_METRICS"):
        assert payloads(with_bars, event_type) == payloads(without, event_type)
    shown = [(event.payload["bar"], event.event_type) for event in with_bars if event.event_type in {"BAR", "SIGNAL"}]
    assert shown == sorted(shown)  # a BAR comes before the SIGNAL at its close


def selecting(*params: dict[str, Any]) -> TraceQuery:
    payloads = [{"params": each, "trials": 7} for each in params]
    return trace_of([Event("SELECTION", "2020-01-01T00:00:00Z", "test", payload) for payload in payloads])


def test_parameters_can_come_from_the_selection_of_an_earlier_phase(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 60))
    given = bench.run("backtest", trading_config(data, RISES))
    chosen = bench.run(
        "backtest",
        trading_config(data, {"name": "sma_cross", "params_from": "select"}),
        {"select": selecting({"fast": 1, "slow": 2})},
    )
    expected = [metrics | {"trials": 7} for metrics in payloads(given, "PORTFOLIO_METRICS")]
    assert payloads(chosen, "PORTFOLIO_METRICS") == expected  # out of how many they were chosen is told as well


def test_parameters_from_a_phase_that_is_no_input_are_refused(bench: Workbench) -> None:
    config = trading_config(bench.add_data(random_walk(1, 60)), {"name": "sma_cross", "params_from": "select"})
    with pytest.raises(ConfigError, match=r"strategy\.params_from: 'select' is not a phase"):
        bench.run("backtest", config)


@pytest.mark.parametrize("selections", [0, 2])
def test_parameters_from_a_phase_without_one_selection_are_refused(bench: Workbench, selections: int) -> None:
    config = trading_config(bench.add_data(random_walk(1, 60)), {"name": "sma_cross", "params_from": "select"})
    with pytest.raises(ConfigError, match=f"has {selections} SELECTIONs, not one"):
        bench.run("backtest", config, {"select": selecting(*[{"fast": 1, "slow": 2}] * selections)})


def test_an_unknown_strategy_is_refused_with_the_nearest_name(bench: Workbench) -> None:
    config = trading_config(bench.add_data(random_walk(1, 60)), {"name": "sma_crossing", "params": {}})
    with pytest.raises(ComponentError, match="Did you mean 'sma_cross'"):
        bench.run("backtest", config)


def test_an_unknown_sizer_is_refused_with_the_known_names(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 60))
    with pytest.raises(ComponentError, match="Known: all_in, fixed_cash, fixed_shares"):
        bench.run("backtest", trading_config(data, RISES, risk={"sizing": "everything"}))

"""Legs in one account do what a walk over their clock does, know nothing of later bars, and add up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase_worker.events.event import Event
from tests.fakes.market import (
    DAY_NS,
    FAKES,
    Workbench,
    make_bars,
    make_ohlc,
    payloads,
    random_walk,
    registry_with,
    sha256_of,
    trading_config,
)
from tests.fakes.portfolio_by_tick import PlainLeg, PortfolioByTick
from topologies.bars import Bars
from topologies.components.strategies.intent import compute_targets

PLUGIN = FAKES / "scripted_strategies.py"
LENGTH = 80
DICE = {"name": "dice", "params": {"seed": 3, "levels": "weights"}}
LONG = {"name": "stairs", "params": {"first": 1.0, "then": 1.0, "at": 1}}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("legs"), (PLUGIN,))


def on_days(bars: Bars, days: Sequence[int]) -> Bars:
    """The bars, at these days."""
    return replace(bars, time_ns=bars.time_ns[0] + np.array(days[: len(bars)], dtype=np.int64) * DAY_NS)


def leg(bench: Workbench, name: str, bars: Bars, strategy: Mapping[str, Any] = DICE, weight: float = 0.5) -> Any:
    spec = {"sha256": sha256_of(bench.add_data(bars)), "symbol": name.upper(), "prices": "raw", "start": 0}
    return {"name": name, "bars": spec, "strategy": strategy, "weight": weight}


def configure(legs: Sequence[Any], *, rebalance: str = "none", **changes: Mapping[str, Any]) -> dict[str, Any]:
    plain = trading_config(Path(__file__), {}, **changes)
    common = {name: plain[name] for name in ("execution", "risk", "periods_per_year", "trace")}
    return {"legs": list(legs), "rebalance": rebalance} | common


def run(bench: Workbench, legs: Sequence[Any], **settings: Any) -> list[Event]:
    return bench.run("portfolio_backtest", configure(legs, **settings))


def fills_of(events: Sequence[Event]) -> list[tuple[Any, ...]]:
    return [
        (
            fill.get("leg"),
            fill["bar"],
            fill["quantity"] if fill["side"] == "BUY" else -fill["quantity"],
            fill["price"],
            fill["cash"],
            fill["position"],
        )
        for fill in payloads(events, "FILL")
    ]


WORKDAYS = [day for day in range(2 * LENGTH) if day % 7 not in (3, 4)]  # the first is a Wednesday
CALENDARS = {
    "daily": list(range(LENGTH)),
    "workdays": WORKDAYS,
    "with holidays": [day for day in WORKDAYS if day % 11],
    "weekly": [7 * week for week in range(LENGTH)],
    "monthly": np.cumsum([0, *([31, 28, 31, 30, 31, 30] * LENGTH)]).tolist(),
}
walks = st.tuples(
    st.integers(0, 10_000),  # the walk, and the dice
    st.sampled_from(list(CALENDARS)),
    st.integers(1, LENGTH),  # so many bars
    st.sampled_from([0, 5, 33]),  # days before the first
    st.sampled_from(["long_flat", "weights", "long_short"]),
    st.sampled_from([0.1, 0.25, 0.3, 0.33]),
)
executions = st.fixed_dictionaries(
    {
        "cash": st.just(10_000.0),
        "fill": st.sampled_from(["next_open", "next_close", "same_close"]),
        "shares": st.sampled_from(["fractional", "whole"]),
        "commission": st.sampled_from([{"bps": bps, "per_share": 0.0, "minimum": 0.0} for bps in (0.0, 7.0)]),
        "slippage_bps": st.sampled_from([0.0, 30.0]),
        "at_end": st.sampled_from(["hold", "close"]),
    }
)


@settings(max_examples=100)
@given(
    drawn=st.lists(walks, min_size=1, max_size=3),
    execution=executions,
    allow_short=st.booleans(),
    rebalance=st.sampled_from(["none", "weekly", "monthly", "quarterly"]),
)
def test_legs_fill_what_a_walk_over_the_clock_fills(
    bench: Workbench, drawn: list[Any], execution: dict[str, Any], allow_short: bool, rebalance: str
) -> None:
    legs, plain = [], []
    for number, (seed, calendar, length, delay, levels, weight) in enumerate(drawn):
        bars = on_days(random_walk(seed, length), [day + delay for day in CALENDARS[calendar]])
        params = {"seed": seed, "levels": levels}
        factory = registry_with(PLUGIN).get("strategy", "dice").factory
        targets = compute_targets(factory, params, bars).tolist()
        legs.append(leg(bench, f"leg{number}", bars, {"name": "dice", "params": params}, weight))
        plain.append(PlainLeg(f"leg{number}", weight, bars, targets))
    events = run(bench, legs, rebalance=rebalance, execution=execution, risk={"allow_short": allow_short})
    walk = PortfolioByTick(
        configure([], execution=execution)["execution"],
        {"allow_short": allow_short, "max_weight": 1.0},
        rebalance,
        plain,
    )
    walk.run()
    found, expected = ([row for row in rows if abs(row[2]) > 1e-9] for rows in (fills_of(events), walk.fills))
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert row[2:] == pytest.approx(wanted[2:], rel=1e-9, abs=1e-6)
    [curve] = payloads(events, "EQUITY_CURVE")
    assert curve["equity"].tolist() == pytest.approx(walk.equity, rel=1e-9)
    assert [(each["leg"], each["bar"]) for each in payloads(events, "ORDER_REDUCED")] == walk.reduced


# Settings of execution and risk under which orders wait and positions end by themselves.
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"execution": {"fill": "next_close", "slippage_bps": 20.0, "shares": "whole", "at_end": "close"}},
    {"execution": {"fill": "same_close"}, "risk": {"stop_loss": 0.02, "max_bars": 4}},
    {
        "execution": {"order": {"type": "limit", "limit_bps": 40.0, "stop_bps": 0.0, "valid_bars": 3}},
        "risk": {"trailing_stop": 0.02, "max_bars": 9, "allow_short": True},
    },
    {
        "execution": {"order": {"type": "stop_limit", "limit_bps": -90.0, "stop_bps": 30.0, "valid_bars": None}},
        "risk": {"stop_loss": 0.02, "take_profit": 0.03},
    },
    {"execution": {"volume_cap": 0.05, "at_end": "close"}, "risk": {"stop_loss": 0.02, "trailing_stop": 0.02}},
)
LEVELS = {"seed": 5, "levels": "long_short"}


def single(bench: Workbench, bars: Bars, **settings: Any) -> list[Event]:
    """The backtest of the one strategy on the one file."""
    return bench.run("backtest", trading_config(bench.add_data(bars), DICE | {"params": LEVELS}, **settings))


@pytest.mark.parametrize("settings", SETTINGS)
def test_one_leg_with_the_whole_weight_is_the_backtest(bench: Workbench, settings: dict[str, Any]) -> None:
    bars = random_walk(11, LENGTH)
    alone = single(bench, bars, **settings)
    events = run(bench, [leg(bench, "test", bars, DICE | {"params": LEVELS}, 1.0)], **settings)
    of_legs = [event for event in events if event.event_type not in {"EQUITY_CURVE", "PORTFOLIO_METRICS"}]
    for event in of_legs[:-1]:
        del event.payload["leg"], event.payload["tick"]
    assert of_legs.pop().event_type == "CONTRIBUTION"
    assert of_legs == alone[: len(of_legs)]
    assert [event.event_type for event in alone[len(of_legs) :]] == ["EQUITY_CURVE", "PORTFOLIO_METRICS"]
    [curve], [wanted] = payloads(events, "EQUITY_CURVE"), payloads(alone, "EQUITY_CURVE")
    assert curve["equity"].tolist() == wanted["equity"].tolist()
    [metrics], [expected] = payloads(events, "PORTFOLIO_METRICS"), payloads(alone, "PORTFOLIO_METRICS")
    assert metrics["fills"] > 5
    assert metrics | {"symbol": "TEST", "params": LEVELS} == expected | {"rebalance": "none"}


@pytest.mark.parametrize("settings", SETTINGS)
def test_while_the_cash_is_no_limit_each_leg_does_what_it_does_alone(
    bench: Workbench, settings: dict[str, Any]
) -> None:
    rich = {"cash": 1e6} | settings.get("execution", {})
    markets = {
        "first": random_walk(11, LENGTH),
        "second": on_days(random_walk(12, 30), [3 + day for day in CALENDARS["weekly"]]),
    }
    shares = settings.get("risk", {}) | {"sizing": "fixed_shares", "params": {"quantity": 100.0}}
    legs = [leg(bench, name, bars, DICE | {"params": LEVELS}) for name, bars in markets.items()]
    together = fills_of(run(bench, legs, execution=rich, risk=shares))
    half = shares | {"params": {"quantity": 50.0}}
    for name, bars in markets.items():
        own = [(*fill[1:4], fill[5]) for fill in together if fill[0] == name]
        assert len(own) > 3
        assert own == [(*fill[1:4], fill[5]) for fill in fills_of(single(bench, bars, execution=rich, risk=half))]


def noisy_after(bars: Bars, until_ns: int, now_ns: int) -> tuple[Bars, int]:
    """The bars that have ended by `until_ns` as they are, the others ten times as dear, in another market.

    The open of a bar that has begun before `now_ns` stays as it is.
    """
    ended, begun = np.searchsorted(bars.time_ns, (until_ns, now_ns))
    other = random_walk(999, len(bars))
    closes, opens = bars.close.copy(), bars.open.copy()
    closes[ended:], opens[begun:] = 10.0 * other.close[ended:], 10.0 * other.open[begun:]
    return replace(make_bars(closes, opens), time_ns=bars.time_ns), now_ns


def cut_after(bars: Bars, until_ns: int, now_ns: int) -> tuple[Bars, int]:
    """The bars that have ended by `until_ns`; with one that has begun, its open goes too."""
    return bars.until(int(np.searchsorted(bars.time_ns, until_ns))), until_ns


@pytest.mark.parametrize("change", [noisy_after, cut_after])
@pytest.mark.parametrize("changed", ["daily", "weekly"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_no_leg_knows_what_has_not_happened_on_the_clock(
    bench: Workbench, settings: dict[str, Any], changed: str, change: Any
) -> None:
    markets = {
        "daily": on_days(random_walk(1, LENGTH), CALENDARS["with holidays"]),
        "weekly": on_days(random_walk(2, 16), CALENDARS["weekly"]),
    }
    ticks = np.unique(np.concatenate([bars.time_ns for bars in markets.values()]))
    events = on_clock(bench, markets, settings)
    for day in (17, 35, 64):
        now_ns = int(markets["weekly"].time_ns[0]) + day * DAY_NS
        # Of a week that has begun nothing but its open is known.
        until_ns = now_ns - (day % 7) * DAY_NS if changed == "weekly" else now_ns
        bars, same_until_ns = change(markets[changed], until_ns, now_ns)
        known = [event for event in events if ticks[event.payload["tick"]] < same_until_ns]
        assert any(event.event_type == "FILL" for event in known)
        found = on_clock(bench, markets | {changed: bars}, settings)
        assert found[: len(known)] == known
        # Where data is cut, its end and the ends of longer bars are what is next; there are no later ticks then.
        assert change is cut_after or ticks[found[len(known)].payload["tick"]] >= now_ns


def on_clock(bench: Workbench, markets: Mapping[str, Bars], settings: Any) -> list[Event]:
    """What is published at a tick of the clock."""
    legs = [leg(bench, name, bars, DICE | {"params": LEVELS}) for name, bars in markets.items()]
    return [event for event in run(bench, legs, rebalance="monthly", **settings) if "tick" in event.payload]


@pytest.mark.parametrize("fill", ["same_close", "next_close"])
def test_a_close_is_not_valued_at_one_that_comes_later_even_where_no_tick_is_between(
    bench: Workbench, fill: str
) -> None:
    """The last of the days is within a week that closes, at three times its open, when there are no days any more."""
    weeks = on_days(make_bars([10.0, 30.0, 30.0], opens=[10.0, 10.0, 30.0]), CALENDARS["weekly"])
    days = on_days(make_bars([10.0] * 3), [8, 9, 10])
    last = {"name": "stairs", "params": {"first": 0.0, "then": 1.0, "at": 2 if fill == "same_close" else 1}}
    legs = [leg(bench, "weeks", weeks, LONG, 0.25), leg(bench, "days", days, last, 0.25)]
    bought = {fill[0]: fill[2] for fill in fills_of(run(bench, legs, execution={"fill": fill}))}
    assert bought == {"weeks": 2500.0 if fill == "same_close" else pytest.approx(25_000.0 / 30.0), "days": 2500.0}


def test_what_fills_within_a_bar_is_valued_at_the_opens_of_its_time_not_at_the_closes(bench: Workbench) -> None:
    dips, rises = (10.0, 10.0, 9.9, 10.0), (10.0, 30.0, 10.0, 30.0)
    later = {"name": "stairs", "params": {"first": 0.0, "then": 1.0, "at": 1}}
    legs = [
        leg(bench, "rises", make_ohlc(dips, dips, rises), LONG, 0.5),
        leg(bench, "dips", make_ohlc(dips, dips, dips), later, 0.25),
    ]
    limit = {"type": "limit", "limit_bps": 100.0, "stop_bps": 0.0, "valid_bars": None}
    shares = 50_000.0 / 9.9
    assert [fill[:4] for fill in fills_of(run(bench, legs, execution={"order": limit}))] == [
        ("rises", 1, pytest.approx(shares), 9.9),
        ("dips", 2, pytest.approx(0.25 * (50_000.0 + shares * 10.0) / 9.9), 9.9),
    ]


def test_a_bar_that_has_opened_is_worth_its_open_until_it_closes(bench: Workbench) -> None:
    weeks = on_days(make_bars([10.0, 20.0, 20.0], opens=[10.0, 15.0, 20.0]), CALENDARS["weekly"])
    days = on_days(make_bars([10.0] * 14), list(range(14)))
    events = run(bench, [leg(bench, "weeks", weeks, LONG, 0.6), leg(bench, "days", days, DICE, 0.0)])
    [curve] = payloads(events, "EQUITY_CURVE")
    assert curve["equity"].tolist() == pytest.approx([100_000.0] * 13 + [120_000.0] * 2)


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_fill_goes_back_to_a_signal_of_its_own_leg_or_the_end_of_its_data(
    bench: Workbench, settings: dict[str, Any]
) -> None:
    legs = [leg(bench, name, random_walk(seed, LENGTH)) for name, seed in (("one", 1), ("two", 2))]
    events = run(bench, legs, rebalance="weekly", **settings)
    by_id = {event.event_id: event for event in events}
    fills = [event for event in events if event.event_type == "FILL"]
    assert {fill.payload["leg"] for fill in fills} == {"one", "two"}
    for fill in fills:
        chain = [fill]
        while (cause := chain[-1].causation_id) is not None:
            chain.append(by_id[cause])
        path = [event.event_type for event in chain]
        if fill.payload.get("reason") == "window_end":
            assert path == ["FILL", "ORDER", "WINDOW_END"]
        else:
            assert (path[:2], path[-2:]) == (["FILL", "ORDER"], ["RISK_DECISION", "SIGNAL"])
        assert {event.payload["leg"] for event in chain} == {fill.payload["leg"]}


def test_contributions_add_up_to_what_the_account_has_gained(bench: Workbench) -> None:
    markets = {"one": random_walk(1, LENGTH), "two": on_days(random_walk(2, 30), CALENDARS["weekly"])}
    legs = [leg(bench, name, bars) for name, bars in markets.items()]
    execution = {"commission": {"bps": 5.0, "per_share": 0.0, "minimum": 1.0}, "slippage_bps": 3.0}
    events = run(bench, legs, execution=execution)
    [metrics] = payloads(events, "PORTFOLIO_METRICS")
    contributions = payloads(events, "CONTRIBUTION")
    assert sum(each["pnl"] for each in contributions) == pytest.approx(metrics["final_equity"] - 100_000.0)
    for name in ("fills", "commission"):
        assert sum(each[name] for each in contributions) == pytest.approx(metrics[name])
    for each in contributions:
        own = [fill for fill in payloads(events, "FILL") if fill["leg"] == each["leg"]]
        assert each["fills"] == len(own) > 3
        assert 0.0 < each["exposure"] <= metrics["exposure"]
    assert contributions[0]["value"] + contributions[1]["value"] + payloads(events, "FILL")[-1][
        "cash"
    ] == pytest.approx(metrics["final_equity"])


def test_legs_on_one_file_have_positions_of_their_own(bench: Workbench) -> None:
    bars = make_bars([10.0] * 6)
    legs = [
        leg(bench, "long", bars, LONG, 0.5),
        leg(bench, "stairs", bars, LONG | {"params": {"first": 0.0, "then": 1.0, "at": 3}}, 0.25),
    ]
    assert fills_of(run(bench, legs)) == [
        ("long", 1, 5000.0, 10.0, 50_000.0, 5000.0),
        ("stairs", 4, 2500.0, 10.0, 25_000.0, 2500.0),
    ]


def test_of_what_is_due_at_one_time_sales_go_first(bench: Workbench) -> None:
    """Else the cash would not pay for what the first leg buys."""
    bars = make_bars([10.0] * 6)
    buys, sells = ({"name": "stairs", "params": {"first": a, "then": b, "at": 3}} for a, b in ((0.0, 1.0), (1.0, 0.0)))
    legs = [leg(bench, "buys", bars, buys, 1.0), leg(bench, "sells", bars, sells, 1.0)]
    for fill, bar in (("next_open", 4), ("next_close", 4), ("same_close", 3)):
        events = run(bench, legs, execution={"fill": fill})
        assert fills_of(events)[1:] == [
            ("sells", bar, -10_000.0, 10.0, 100_000.0, 0.0),
            ("buys", bar, 10_000.0, 10.0, 0.0, 10_000.0),
        ]
        assert not payloads(events, "ORDER_REDUCED")


def test_a_purchase_beyond_the_cash_is_reduced_and_says_so(bench: Workbench) -> None:
    falls, still = make_bars([10.0, 10.0, 20.0, 20.0, 20.0]), make_bars([10.0] * 5)
    later = {"name": "stairs", "params": {"first": 0.0, "then": 1.0, "at": 2}}
    events = run(bench, [leg(bench, "first", falls, LONG, 0.8), leg(bench, "second", still, later, 0.2)])
    # 8,000 shares at 10 are worth 160,000 now; a fifth of 180,000 is more than the 20,000 in cash.
    assert fills_of(events)[1] == ("second", 3, 2000.0, 10.0, 0.0, 2000.0)
    [reduced] = [event for event in events if event.event_type == "ORDER_REDUCED"]
    assert reduced.payload == {
        "symbol": "SECOND",
        "bar": 3,
        "wanted": 36_000.0,
        "bought": 20_000.0,
        "reason": "cash",
        "leg": "second",
        "tick": 3,
    }


@pytest.mark.parametrize(("at_end", "last"), [("hold", 125_000.0), ("close", 125_000.0)])
def test_a_leg_whose_data_ends_early_is_held_or_sold_at_its_last_close(
    bench: Workbench, at_end: str, last: float
) -> None:
    ends = make_bars([10.0, 10.0, 15.0])
    events = run(
        bench,
        [leg(bench, "ends", ends, LONG, 0.5), leg(bench, "goes on", make_bars([10.0] * 6), LONG, 0.5)],
        execution={"at_end": at_end},
    )
    [curve] = payloads(events, "EQUITY_CURVE")
    assert curve["equity"].tolist() == [100_000.0, 100_000.0] + [last] * 4
    sold = [fill for fill in payloads(events, "FILL") if fill.get("reason") == "window_end"]
    assert [(fill["leg"], fill["bar"], fill["tick"]) for fill in sold] == (
        [("ends", 2, 2), ("goes on", 5, 5)] if at_end == "close" else []
    )


def test_an_order_values_the_other_legs_at_the_opens_of_its_time(bench: Workbench) -> None:
    """Both are bought at opens that gap up by a half: the second sees what the first has paid."""
    gaps = make_bars([10.0, 15.0, 15.0], opens=[10.0, 15.0, 15.0])
    events = run(bench, [leg(bench, name, gaps, LONG, 0.5) for name in ("one", "two")])
    assert [fill[2:5] for fill in fills_of(events)] == [
        (pytest.approx(50_000.0 / 15.0), 15.0, pytest.approx(50_000.0)),
        (pytest.approx(50_000.0 / 15.0), 15.0, pytest.approx(0.0)),
    ]


def test_a_leg_that_was_stopped_out_is_not_bought_again_by_rebalancing(bench: Workbench) -> None:
    closes = [10.0] * 40
    closes[5:] = [9.0] * 35
    events = run(
        bench, [leg(bench, "stopped", make_bars(closes), LONG, 0.5)], rebalance="weekly", risk={"stop_loss": 0.05}
    )
    assert [fill[5] for fill in fills_of(events)] == [5000.0, 0.0]


@pytest.mark.parametrize(("rebalance", "traded"), [("none", 1), ("monthly", 3), ("quarterly", 1)])
def test_rebalancing_trades_a_leg_back_to_its_weight_at_the_first_bar_of_a_period(
    bench: Workbench, rebalance: str, traded: int
) -> None:
    rises = make_bars([10.0 * 1.01**day for day in range(70)])  # from January 1st to March 10th
    events = run(bench, [leg(bench, "rises", rises, LONG, 0.5)], rebalance=rebalance)
    fills = fills_of(events)
    assert len(fills) == traded
    for _, bar, _, price, cash, position in fills:
        assert position * price == pytest.approx(0.5 * (cash + position * price))
        assert rises.timestamp(bar)[8:10] == "02"  # decided on the first
    signals = payloads(events, "SIGNAL")
    assert [signal.get("rebalance") for signal in signals] == [None] + [rebalance] * (traded - 1)


def test_bars_are_traced_where_the_job_asks_for_them(bench: Workbench) -> None:
    bars = make_bars([10.0] * 4)
    events = run(
        bench, [leg(bench, name, bars, LONG) for name in ("one", "two")], trace={"level": "full", "bars": True}
    )
    assert [(bar["leg"], bar["bar"]) for bar in payloads(events, "BAR")] == [
        (name, bar) for bar in range(4) for name in ("one", "two")
    ]

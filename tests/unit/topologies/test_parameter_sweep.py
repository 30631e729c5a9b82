"""A sweep gives for each trial, to the last bit, what a backtest with the same parameters gives."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import ConfigError
from tests.fakes.market import FAKES, Workbench, payloads, random_walk, trading_config

DICE = FAKES / "scripted_strategies.py"

executions = st.fixed_dictionaries(
    {
        "cash": st.sampled_from([1000.0, 100_000.0]),
        "fill": st.sampled_from(["next_open", "next_close", "same_close"]),
        "shares": st.sampled_from(["fractional", "whole"]),
        "commission": st.fixed_dictionaries(
            {
                "bps": st.sampled_from([0.0, 5.0]),
                "per_share": st.sampled_from([0.0, 0.005]),
                "minimum": st.sampled_from([0.0, 1.0]),
            }
        ),
        "slippage_bps": st.sampled_from([0.0, 2.5]),
    }
)
orders = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["market", "limit", "stop", "stop_limit"]),
        "limit_bps": st.sampled_from([-100.0, 0.0, 50.0]),
        "stop_bps": st.sampled_from([0.0, 50.0]),
        "valid_bars": st.none() | st.integers(1, 3),
    }
)
# One at a time, and all at once: each must by itself lead to the components that know of it.
extra_executions = st.fixed_dictionaries(
    {},
    optional={
        "slippage_cap": st.just("bar_range"),
        "order": orders,
        "volume_cap": st.sampled_from([0.001, 0.3]),
        "at_end": st.just("close"),
    },
)
protections = st.fixed_dictionaries(
    {},
    optional={
        "stop_loss": st.just(0.02),
        "take_profit": st.just(0.02),
        "trailing_stop": st.just(0.03),
        "max_bars": st.integers(1, 4),
    },
)
sizers = st.sampled_from(
    [
        {"sizing": "all_in", "params": {}},
        {"sizing": "all_in", "params": {"fraction": 0.7}},
        {"sizing": "fixed_shares", "params": {"quantity": 3.5}},
        {"sizing": "fixed_cash", "params": {"amount": 900.0}},
    ]
)
risks = st.builds(
    lambda sizer, **limits: sizer | limits,
    sizers,
    max_weight=st.sampled_from([0.4, 1.0]),
    allow_short=st.booleans(),
)
sma_trials = st.tuples(st.integers(1, 6), st.integers(1, 9)).map(lambda pair: {"fast": pair[0], "slow": sum(pair)})
dice_trials = st.fixed_dictionaries(
    {"seed": st.integers(0, 999), "levels": st.sampled_from(["long_flat", "weights", "long_short", "beyond"])}
)
swept = st.one_of(
    st.tuples(st.just("sma_cross"), st.lists(sma_trials, min_size=1, max_size=3)),
    st.tuples(st.just("dice"), st.lists(dice_trials, min_size=1, max_size=3)),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("sweep"), plugins=(DICE,))


@given(
    walk=st.integers(0, 5),
    window=st.tuples(st.integers(0, 20), st.integers(1, 40)),
    sweep=swept,
    execution=st.builds(lambda usual, extra: usual | extra, executions, st.just({}) | extra_executions),
    risk=st.builds(lambda usual, extra: usual | extra, risks, st.just({}) | protections),
)
def test_every_trial_has_the_metrics_that_a_backtest_publishes(
    bench: Workbench,
    walk: int,
    window: tuple[int, int],
    sweep: tuple[str, list[dict[str, Any]]],
    execution: dict[str, Any],
    risk: dict[str, Any],
) -> None:
    data = bench.add_data(random_walk(walk, 60))
    name, trials = sweep
    changes = {"bars": {"start": window[0], "end": sum(window)}, "execution": execution, "risk": risk}

    found = payloads(
        bench.run("parameter_sweep", trading_config(data, {"name": name, "trials": trials}, **changes)),
        "PORTFOLIO_METRICS",
    )

    assert [result["trial"] for result in found] == list(range(len(trials)))
    assert {result["trials"] for result in found} == {len(trials)}
    for result, params in zip(found, trials, strict=True):
        (expected,) = payloads(
            bench.run("backtest", trading_config(data, {"name": name, "params": params}, **changes)),
            "PORTFOLIO_METRICS",
        )
        counts = {"trial": result["trial"], "trials": len(trials)}
        assert orjson.dumps(result) == orjson.dumps(expected | counts)


def test_a_sweep_publishes_its_trials_in_order_and_nothing_else(bench: Workbench) -> None:
    data = bench.add_data(random_walk(1, 60))
    trials = [{"fast": 5, "slow": 9}, {"fast": 2, "slow": 3}, {"fast": 3, "slow": 20}]
    events = bench.run("parameter_sweep", trading_config(data, {"name": "sma_cross", "trials": trials}))
    assert [event.event_type for event in events] == ["PORTFOLIO_METRICS"] * 3
    assert [event.payload["params"] for event in events] == trials
    assert {event.timestamp for event in events} == {random_walk(1, 60).timestamp(59)}


def test_a_trial_does_not_depend_on_the_trials_before_it(bench: Workbench) -> None:
    data = bench.add_data(random_walk(2, 60))
    trials = [{"fast": 2, "slow": 7}, {"fast": 3, "slow": 11}]
    both = bench.run("parameter_sweep", trading_config(data, {"name": "sma_cross", "trials": trials}))
    alone = bench.run("parameter_sweep", trading_config(data, {"name": "sma_cross", "trials": trials[1:]}))
    assert both[1].payload == alone[0].payload | {"trial": 1, "trials": 2}


def test_a_sweep_of_nothing_fails(bench: Workbench, tmp_path: Path) -> None:
    data = bench.add_data(random_walk(1, 60))
    with pytest.raises(ConfigError, match=r"strategy\.trials is empty"):
        bench.run("parameter_sweep", trading_config(data, {"name": "sma_cross", "trials": []}))


@pytest.mark.parametrize("name", ["sma_cross", "dice"])
def test_ranges_are_traded_in_fresh_accounts_and_joined_to_one_curve(bench: Workbench, name: str) -> None:
    params = {"sma_cross": {"fast": 2, "slow": 5}, "dice": {"seed": 4, "levels": "long_short"}}[name]
    data = bench.add_data(random_walk(3, 90))
    ranges = [[10, 30], [45, 60], [62, 90]]

    [joined] = payloads(
        bench.run(
            "parameter_sweep",
            trading_config(data, {"name": name, "trials": [params]}, bars={"start": 10, "end": 90, "ranges": ranges}),
        ),
        "PORTFOLIO_METRICS",
    )

    returns, fills = [], 0
    for start, end in ranges:
        events = bench.run(
            "backtest", trading_config(data, {"name": name, "params": params}, bars={"start": start, "end": end})
        )
        equity = np.array(payloads(events, "EQUITY_CURVE")[0]["equity"])
        returns.append(equity / np.concatenate(([100_000.0], equity[:-1])) - 1.0)
        fills += len(payloads(events, "FILL"))
    all_returns = np.concatenate(returns)
    assert joined["bars"] == len(all_returns) == 63
    assert joined["sharpe_ratio"] == pytest.approx(all_returns.mean() / all_returns.std(ddof=1) * 252**0.5)
    assert joined["final_equity"] == pytest.approx(100_000.0 * float(np.prod(1.0 + all_returns)))
    assert joined["fills"] == fills > 3


def test_one_range_is_the_window_itself(bench: Workbench) -> None:
    data = bench.add_data(random_walk(3, 90))
    trials = {"name": "sma_cross", "trials": [{"fast": 2, "slow": 5}]}
    window = {"start": 10, "end": 80}
    [plain], [ranged] = (
        payloads(bench.run("parameter_sweep", trading_config(data, trials, bars=bars)), "PORTFOLIO_METRICS")
        for bars in (window, window | {"ranges": [[10, 80]]})
    )
    numbers = {name for name, value in plain.items() if isinstance(value, float)}
    assert {name: ranged[name] for name in numbers} == pytest.approx({name: plain[name] for name in numbers}, rel=1e-12)
    assert {name: ranged[name] for name in plain if name not in numbers} == {
        name: plain[name] for name in plain if name not in numbers
    }

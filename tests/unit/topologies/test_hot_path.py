"""A guard on speed without a clock: the work of the interpreter does not grow with bars, and little with events."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.paths import RunPaths
from phase_worker.events.bus import EventBus
from phase_worker.topology_builder import PhaseContext, TopologyBuilder
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import Workbench, make_bars, registry_with, trading_config
from topologies.account_setup import new_account, new_risk_rules
from topologies.parameter_sweep import trade_targets

RISES = {"fast": 1, "slow": 2}  # long after each rise of the close
TRIALS = [RISES, {"fast": 1, "slow": 3}]

# Calls of Python and C functions, as counted when these lines were written, and a tenth more. Raise one of them only
# with a reason: each call more per event is about 0.05 µs, and a backtest has six events for each fill.
MOST_CALLS_PER_EVENT = 17.7
MOST_CALLS_PER_SWEPT_FILL = 12.1


def write_trace(bench: Workbench, topology: str, *, turns: int, bars: int, **changes: Any) -> tuple[int, int]:
    """Trade `turns` rises and falls in the first of so many bars; returns the calls that took, and the events."""
    closes = np.full(bars, 10.0)
    closes[1 : 2 * turns : 2] = 11.0
    data = bench.add_data(make_bars(closes))
    strategy = {"params": RISES} if topology == "backtest" else {"trials": TRIALS}
    config = trading_config(data, {"name": "sma_cross"} | strategy, **changes)
    bench.run(topology, config)  # reads the file, and makes the bars cache
    registry, path = registry_with(), bench.folder / "trace.jsonl"
    tracer = UnifiedTracer(path=path)

    def run() -> None:
        bus = EventBus()
        bus.attach_tracer(tracer)
        paths = RunPaths(bench.folder, "run")
        context = PhaseContext(config, bus, registry, {}, bench.sources, paths)
        TopologyBuilder(registry).build_topology(topology, config).run(context)

    calls = count_calls(run)
    tracer.close()
    return calls, tracer.recorded


def count_calls(run: Callable[[], object]) -> int:
    """How many functions `run` calls, in Python and in C."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    previous = sys.getprofile()
    gc.disable()  # whoever is called back by a collection is none of ours
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(previous)
        gc.enable()
    return calls


@pytest.mark.parametrize("topology", ["backtest", "parameter_sweep"])
def test_the_calls_of_a_phase_do_not_depend_on_the_number_of_bars(tmp_path: Path, topology: str) -> None:
    bench = Workbench(tmp_path)
    few, events = write_trace(bench, topology, turns=50, bars=2_000)
    many, same_events = write_trace(bench, topology, turns=50, bars=4_000)
    assert events == same_events
    assert few == many


def test_a_backtest_spends_few_calls_on_an_event(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    few, few_events = write_trace(bench, "backtest", turns=50, bars=2_000)
    many, many_events = write_trace(bench, "backtest", turns=150, bars=2_000)
    assert many_events - few_events == 1200  # two fills a turn, with six events each
    assert (many - few) / (many_events - few_events) < MOST_CALLS_PER_EVENT


def test_a_sweep_spends_few_calls_on_a_fill(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    few, _ = write_trace(bench, "parameter_sweep", turns=50, bars=2_000)
    many, _ = write_trace(bench, "parameter_sweep", turns=150, bars=2_000)
    assert (many - few) / (2 * 100 * len(TRIALS)) < MOST_CALLS_PER_SWEPT_FILL


def test_a_sweep_that_sizes_by_shares_spends_no_call_on_a_fill(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    risk = {"sizing": "fixed_shares", "params": {"quantity": 1.0}, "max_weight": 1.0, "allow_short": False}
    few, _ = write_trace(bench, "parameter_sweep", turns=50, bars=2_000, risk=risk)
    many, _ = write_trace(bench, "parameter_sweep", turns=150, bars=2_000, risk=risk)
    assert few == many


@pytest.mark.parametrize(
    "settings",
    [
        {"risk": {"stop_loss": 0.5, "trailing_stop": 0.6}},
        {"execution": {"order": {"type": "limit", "limit_bps": 5000.0, "stop_bps": 0.0, "valid_bars": None}}},
    ],
    ids=["exits that are never reached", "an order that is never reached"],
)
def test_the_calls_for_what_waits_grow_with_the_logarithm_of_the_bars(settings: dict[str, dict[str, Any]]) -> None:
    config = trading_config(Path(__file__), {"name": "any"}, **settings)
    rules = new_risk_rules(registry_with(), config["risk"])

    def calls_for(length: int) -> int:
        bars, targets = make_bars(np.full(length, 10.0)), np.ones(length)
        return count_calls(lambda: trade_targets(config, bars, targets, rules, new_account(config["execution"])))

    calls_for(1_000)  # what is cached from then on
    few, more, most = (calls_for(length) for length in (4_000, 16_000, 64_000))
    assert most - more == more - few > 0

"""The topology builder binds a topology to its configuration, and knows which there are."""

from pathlib import Path

import pytest

from phase_worker import EventBus, TopologyBuilder, UnifiedTracer
from phase_worker.contract.errors import ComponentError
from phase_worker.contract.paths import RunPaths
from phase_worker.topology_builder import PhaseContext
from tests.fakes.market import FAKES, registry_with

PLUGIN = FAKES / "misbehaving_topologies.py"


def test_a_topology_is_built_with_its_configuration_isolated_and_traced() -> None:
    config = {"bars": {"start": 0}}
    built = TopologyBuilder().build_topology("backtest", config, output_dir="out")
    assert (built.name, built.config) == ("backtest", config)
    assert built.event_config == {"isolation": True, "tracing": {"enabled": True, "output_dir": "out"}}


def test_traces_go_to_the_folder_traces_where_nothing_is_said() -> None:
    assert TopologyBuilder().build_topology("backtest", {}).event_config["tracing"]["output_dir"] == "traces"


def test_an_unknown_topology_is_refused_with_the_known_names_and_the_nearest() -> None:
    with pytest.raises(
        ComponentError, match=r"unknown topology 'backtst'\. Known: backtest, .*Did you mean 'backtest'"
    ):
        TopologyBuilder().build_topology("backtst", {})


def test_a_topology_of_a_plugin_runs_with_what_its_context_gives_it(tmp_path: Path) -> None:
    bus, tracer = EventBus(), UnifiedTracer()
    bus.attach_tracer(tracer)
    registry = registry_with(PLUGIN)
    built = TopologyBuilder(registry).build_topology("announce", {"words": ["north"]})
    built.run(PhaseContext(built.config, bus, registry, {}, {}, RunPaths(tmp_path, "run")))
    assert [(event.event_type, event.source_id, event.payload) for event in tracer.events] == [
        ("WORD", "speaker", {"word": "north"}),
        ("ANSWER", "listener", {"length": 5}),
    ]


def test_two_runs_of_one_topology_share_nothing(tmp_path: Path) -> None:
    built = TopologyBuilder(registry_with(PLUGIN)).build_topology("announce", {"words": ["north"]})
    recorded = []
    for _ in range(2):
        bus, tracer = EventBus(), UnifiedTracer()
        bus.attach_tracer(tracer)
        built.run(PhaseContext(built.config, bus, registry_with(PLUGIN), {}, {}, RunPaths(tmp_path, "run")))
        recorded.append(tracer.events)
    assert recorded[0] == recorded[1]

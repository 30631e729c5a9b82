"""The topology builder: finds a topology by name and binds it to its configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phase_worker.contract.paths import RunPaths
from phase_worker.discovery import ComponentRegistry, get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery


@dataclass(frozen=True, slots=True)
class PhaseContext:
    """All that a topology is given: there is nothing else it may reach for.

    `inputs` are the traces of the phases it depends on; `sources` say where a data file of some sha256 is;
    `paths` are the run's files; `workers` is how many processes it may compute in, which must not change what it
    publishes.
    """

    config: Mapping[str, Any]
    bus: EventBus
    registry: ComponentRegistry
    inputs: Mapping[str, TraceQuery]
    sources: Mapping[str, Path]
    paths: RunPaths
    workers: int = 1

    def publish(self, event_type: str, timestamp: str | None, source_id: str, payload: dict[str, Any]) -> None:
        """Publish an event of the topology's own."""
        self.bus.publish(Event(event_type, timestamp, source_id, payload))


@dataclass(frozen=True, slots=True)
class Topology:
    """A topology with its configuration, ready to run once on a fresh bus."""

    name: str
    config: Mapping[str, Any]
    run: Callable[[PhaseContext], None]
    event_config: dict[str, Any] = field(default_factory=dict)


class TopologyBuilder:
    """Builds topologies from the component registry."""

    def __init__(self, registry: ComponentRegistry | None = None) -> None:
        self._registry = registry or get_component_registry()

    def build_topology(self, name: str, config: Mapping[str, Any], *, output_dir: str = "traces") -> Topology:
        """The topology `name`; raises ComponentError with the known names. Every topology is isolated and traced."""
        factory = self._registry.get("topology", name).factory
        event_config = {"isolation": True, "tracing": {"enabled": True, "output_dir": output_dir}}
        return Topology(name, config, factory, event_config)

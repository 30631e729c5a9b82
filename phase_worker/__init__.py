"""The kernel: one process, one phase, one sealed trace, exit."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EXPORTS = {
    "Event": "phase_worker.events.event",
    "EventBus": "phase_worker.events.bus",
    "UnifiedTracer": "phase_worker.tracing.tracer",
    "TraceQuery": "phase_worker.tracing.query",
    "TopologyBuilder": "phase_worker.topology_builder",
    "get_component_registry": "phase_worker.discovery",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> "Any":
    # Lazy: the orchestrator imports phase_worker.contract, which must not load the bus or the tracer.
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'phase_worker' has no attribute {name!r}. Known: {', '.join(__all__)}")

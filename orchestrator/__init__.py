"""Plans, starts, watches and records phases; never sees an event."""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; `typing` takes a quarter of the time of `daybreak --help`
if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator
    from orchestrator.sequencer import Sequencer

_EXPORTS = {"Coordinator": "orchestrator.coordinator", "Sequencer": "orchestrator.sequencer"}

__all__ = ["Coordinator", "Sequencer"]


def __getattr__(name: str) -> object:
    # Lazy: `daybreak --help` must not wait for all that runs a job.
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'orchestrator' has no attribute {name!r}. Known: {', '.join(__all__)}")

"""Plans, starts, watches and records phases; never sees an event."""

from orchestrator.coordinator import Coordinator
from orchestrator.sequencer import Sequencer

__all__ = ["Coordinator", "Sequencer"]

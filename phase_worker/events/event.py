"""The one Event schema of bus, trace, query and extractors."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Event:
    """A decision or a fact inside a phase.

    A component gives type, timestamp (ISO 8601, of the data, never of the clock), source and payload; the bus gives
    the ids. `causation_id` is the event whose handling published this one, `correlation_id` the first of the chain.
    """

    event_type: str
    timestamp: str | None
    source_id: str
    payload: dict[str, Any] = field(default_factory=dict)
    event_id: int = -1
    causation_id: int | None = None
    correlation_id: int | None = None

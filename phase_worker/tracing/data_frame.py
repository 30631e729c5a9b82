"""Makes a data frame of events, with polars or pandas."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event

_FIELDS = ("trace", "event_type", "event_id", "timestamp", "source_id", "causation_id", "correlation_id")


def data_frame(events: Iterable[tuple[str, Event]]) -> Any:
    """A polars.DataFrame, or a pandas one where only pandas is installed; raises ConfigError where neither is."""
    for library in ("polars", "pandas"):
        if find_spec(library):
            # A payload's field may be a whole number in one record and a fraction in the next.
            options = {"strict": False} if library == "polars" else {}
            return import_module(library).DataFrame(columns(events), **options)
    raise ConfigError(
        "a data frame needs polars or pandas, and neither is installed. Install one: pip install polars",
        code="E-NODATAFRAME",
    )


def columns(events: Iterable[tuple[str, Event]]) -> dict[str, list[Any]]:
    """One list per field, and one per key of the payloads; what an event does not have is None.

    A payload's key that is also a field's name becomes `payload.<key>`.
    """
    rows = [_row(trace, event) for trace, event in events]
    names = dict.fromkeys([*_FIELDS, *(name for row in rows for name in row)])
    return {name: [row.get(name) for row in rows] for name in names}


def _row(trace: str, event: Event) -> dict[str, Any]:
    row = {"trace": trace, **{field: getattr(event, field) for field in _FIELDS[1:]}}
    return row | {f"payload.{key}" if key in row else key: value for key, value in event.payload.items()}

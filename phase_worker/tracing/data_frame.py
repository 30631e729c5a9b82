"""Makes a data frame of events, with polars or pandas."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.tracing.heads import Int32Array, Kind
from phase_worker.tracing.line_cursor import NO_INTEGER
from phase_worker.tracing.records import Records

_FIELDS = ("trace", "event_type", "event_id", "timestamp", "source_id", "causation_id", "correlation_id")


def data_frame(records: Iterable[tuple[list[Kind], Records]]) -> Any:
    """A polars.DataFrame, or a pandas one where only pandas is installed; raises ConfigError where neither is."""
    if find_spec("polars"):
        polars = import_module("polars")
        # A payload's field may be a whole number in one record and a fraction in the next.
        frame = polars.DataFrame(columns(records), strict=False)
        return frame.with_columns(polars.col("timestamp").dt.replace_time_zone("UTC"))
    if find_spec("pandas"):
        frame = import_module("pandas").DataFrame(columns(records))
        return frame.assign(timestamp=frame["timestamp"].dt.tz_localize("UTC"))
    raise ConfigError(
        "a data frame needs polars or pandas, and neither is installed. Install one: pip install polars",
        code="E-NODATAFRAME",
    )


def columns(records: Iterable[tuple[list[Kind], Records]]) -> dict[str, Any]:
    """One column per field, and one per key of the payloads; what an event does not have is None.

    `records` come with the kinds of their trace. Times are datetime64[us], in UTC. A payload's key that is also a
    field's name becomes `payload.<key>`.
    """
    fields: dict[str, list[Any]] = {name: [] for name in _FIELDS}
    values: dict[str, list[Any]] = {}
    for kinds, some in records:
        rows = len(fields["trace"])
        for name, more in zip(_FIELDS, _fields(kinds, some), strict=True):
            fields[name] += more
        payloads = some.payloads()
        for key in dict.fromkeys(chain(values, chain.from_iterable(payloads))):
            values.setdefault(key, [None] * rows).extend([payload.get(key) for payload in payloads])
    times = np.array(fields["timestamp"], np.int64).view("datetime64[us]")  # whose NaT is our NO_TIME
    named = {f"payload.{key}" if key in _FIELDS else key: column for key, column in values.items()}
    return fields | {"timestamp": times} | named


def _fields(kinds: list[Kind], records: Records) -> tuple[list[Any], ...]:
    """The fields of some records, in the order of _FIELDS."""
    heads, rows = records.heads, records.rows
    of_rows = [kinds[number] for number in heads.kinds[rows].tolist()]
    return (
        [records.block.trace] * len(rows),
        [kind.event_type for kind in of_rows],
        heads.event_ids[rows].tolist(),
        heads.times[rows].tolist(),
        [kind.source_id for kind in of_rows],
        _ids(heads.causation_ids[rows]),
        _ids(heads.correlation_ids[rows]),
    )


def _ids(numbers: Int32Array) -> list[int | None]:
    return [None if number == NO_INTEGER else number for number in numbers.tolist()]

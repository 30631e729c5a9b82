"""The columns of a file of bars: which of its columns is which, and what they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phase_worker.contract import DataError
from topologies.bars import COLUMNS, FloatArray, IntArray

PRICES = ("open", "high", "low", "close")
NUMBERS = (*COLUMNS, "adj_close")
MOST_COLUMNS = 1000
_ALIASES = {
    "date": "timestamp",
    "datetime": "timestamp",
    "time": "timestamp",
    "gmt_time": "timestamp",
    "open_time": "timestamp",
    "adjclose": "adj_close",
    "adjusted_close": "adj_close",
    "vol": "volume",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """n bars as a file holds them, oldest first; every column has the shape (n,).

    `time_ns` is int64 nanoseconds since 1970 UTC, the others are float64. `volume` is 0 throughout where the file has
    none; `adj_close` is the close adjusted for splits and dividends, or None.
    """

    time_ns: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    adj_close: FloatArray | None

    def __len__(self) -> int:
        return len(self.time_ns)

    def take(self, rows: slice | NDArray[Any]) -> "Columns":
        """These bars: a slice, a mask or indices."""
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        taken: dict[str, Any] = {name: None if column is None else column[rows] for name, column in held.items()}
        return Columns(**taken)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has its columns: `timestamp` and `numbers` are positions among `width` columns."""

    width: int
    timestamp: int
    numbers: dict[str, int]


def find_layout(names: Sequence[str], where: str) -> Layout:
    """Recognise the columns by name, in any order and case; unknown ones are ignored.

    Raises DataError (E-COLUMNS) when a required column is missing, two have one meaning, or there are very many.
    """
    if len(names) > MOST_COLUMNS:
        message = f"{len(names)} columns, which would take long to read. Allowed: {MOST_COLUMNS}."
        raise DataError(message, where=where, code="E-COLUMNS")
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        word = name.strip(" \t\r<>").lower().replace(" ", "_")
        word = _ALIASES.get(word, word)
        if word in positions and word in ("timestamp", *NUMBERS):
            raise DataError(
                f"columns {positions[word] + 1} and {position + 1} both say {word}. Leave one, or join them.",
                where=where,
                code="E-COLUMNS",
            )
        positions[word] = position
    missing = [word for word in ("timestamp", *PRICES) if word not in positions]
    if missing:
        found = ", ".join(repr(name[:40]) for name in names[:12])
        raise DataError(
            f"no column says {', '.join(missing)}; found {found}. Required: timestamp (or date, datetime, time), open, "
            "high, low, close; optional: volume, adj_close; in any case and order, named in the first line of a CSV "
            "file and separated by commas.",
            where=where,
            code="E-COLUMNS",
        )
    return Layout(len(names), positions["timestamp"], {name: positions[name] for name in NUMBERS if name in positions})


def make_columns(time_ns: IntArray, numbers: Mapping[str, FloatArray]) -> Columns:
    """Columns from the timestamps and what there is of the numbers."""
    prices = {name: numbers[name] for name in PRICES}
    volume = numbers["volume"] if "volume" in numbers else np.zeros(len(time_ns))
    return Columns(time_ns, **prices, volume=volume, adj_close=numbers.get("adj_close"))


def join_columns(parts: Iterable[Columns]) -> Columns:
    """The bars of all `parts` of one file, taken one after the other: at no time are they all held twice."""
    grown: dict[str, bytearray] = {}
    for part in parts:
        for name in ("time_ns", *NUMBERS):
            values = getattr(part, name)
            if values is not None:
                grown.setdefault(name, bytearray()).extend(values.tobytes())
    time_ns = np.frombuffer(grown.pop("time_ns"), np.int64)
    return make_columns(time_ns, {name: np.frombuffer(values) for name, values in grown.items()})

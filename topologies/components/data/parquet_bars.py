"""Bars from a Parquet file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from phase_worker.contract import ComponentError, DataError
from phase_worker.discovery import bar_source
from topologies.bars import IntArray
from topologies.components.data.bar_checks import Problems, check_columns
from topologies.components.data.columns import Columns, find_layout, make_columns
from topologies.components.data.local_time import has_clock, to_utc
from topologies.components.data.reading import AS_IT_IS, Reading
from topologies.components.data.timestamps import epoch_unit_ns

_LARGEST_BYTES = 2 * 1024**3
_VALUE_BYTES = 8
_TIMES = ("timestamp", "date", "int", "uint")
_NUMBERS = ("int", "uint", "float", "double", "halffloat", "decimal")


@bar_source(name="parquet", suffixes=(".parquet",))
def read_parquet(path: Path, reading: Reading = AS_IT_IS) -> Columns:
    """The bars of a Parquet file, whose columns are named as in a CSV file.

    Timestamps are of a timestamp or date type (one without a zone is in that of `reading`, or UTC), or whole epoch
    seconds, milliseconds or microseconds. Raises DataError with the first 20 problems, each with its row counted from
    1, and their number; ComponentError without pyarrow; OSError when the file cannot be read.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an optional extra)
    except ImportError:
        raise ComponentError(
            "reading Parquet files needs pyarrow: pip install 'daybreak[parquet]'", where=str(path)
        ) from None
    try:
        return _read_columns(path, reading.timezone)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # a name of a column may be any bytes
        if getattr(error, "errno", None) is not None:  # the file system failed, not Arrow
            raise
        hint = ". If the file is sound, raise resources.memory in the job" if isinstance(error, MemoryError) else ""
        message = f"cannot be read as Parquet: {_one_line(error)}{hint}"
        raise DataError(message, where=str(path), code="E-PARQUET") from error


def _one_line(error: Exception) -> str:
    """Arrow's message, which quotes bytes of the file as they are."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())


def _read_columns(path: Path, timezone: str | None) -> Columns:
    from pyarrow import parquet  # noqa: PLC0415 (an optional extra)

    with path.open("rb") as stream:
        file = parquet.ParquetFile(stream, page_checksum_verification=True)  # where there are any
        layout = find_layout(file.schema_arrow.names, str(path))
        used = [file.schema_arrow.field(position) for position in (layout.timestamp, *layout.numbers.values())]
        for field, types in zip(used, (_TIMES, *[_NUMBERS] * len(layout.numbers)), strict=True):
            _check_type(field, types, path)
        if file.metadata.num_rows * len(used) * _VALUE_BYTES > _LARGEST_BYTES:
            message = f"{file.metadata.num_rows} bars would take more than 2 GiB of memory"
            raise DataError(message, where=str(path), code="E-BOMB")
        table = file.read(columns=[field.name for field in used], use_threads=False)
    bars = len(table)
    if not bars:
        raise DataError("there is no bar in this file", where=str(path), code="E-EMPTY")
    problems = Problems(str(path), "row ")
    rows = np.arange(1, bars + 1)
    time_ns = _read_times(table.column(used[0].name), rows, problems, _where(path, used[0]))
    numbers = {
        role: table.column(field.name).cast("double", safe=False).to_numpy()
        for role, field in zip(layout.numbers, used[1:], strict=True)
    }
    columns = make_columns(time_ns, numbers)
    check_columns(columns, rows, problems)
    problems.raise_if_any()
    local = str(used[0].type).startswith("timestamp") and used[0].type.tz is None
    if timezone and local and has_clock(columns.time_ns):
        return replace(columns, time_ns=to_utc(columns.time_ns, timezone, lambda bar: f"{path}:row {bar + 1}"))
    return columns


def _read_times(column: Any, rows: IntArray, problems: Problems, where: str) -> IntArray:
    problems.add_where(column.is_null().to_numpy(), rows, lambda _: ("E-TS", "there is no timestamp"))
    problems.raise_if_any()
    if str(column.type).startswith(("timestamp", "date")):
        times: IntArray = column.cast("timestamp[ns]").to_numpy().view(np.int64)
        return times
    counts: IntArray = column.cast("int64").to_numpy()
    unit_ns = epoch_unit_ns(int(counts.min()))
    if not unit_ns or unit_ns != epoch_unit_ns(int(counts.max())):
        raise DataError(
            "these integers are not all epoch seconds, or all milliseconds, or all microseconds",
            where=where,
            code="E-TS",
        )
    return counts * unit_ns


def _check_type(field: Any, types: tuple[str, ...], path: Path) -> None:
    """Before anything is read: a column of texts may take any memory, however small the file is."""
    if not str(field.type).startswith(types):
        code, expected = ("E-TS", "a timestamp, date or integer") if types is _TIMES else ("E-NUMBER", "a number")
        raise DataError(f"is of type {field.type}: expected {expected}", where=_where(path, field), code=code)


def _where(path: Path, field: Any) -> str:
    return f"{path}: column '{field.name}'"

"""Bars from a Parquet file."""

from pathlib import Path
from typing import Any

import numpy as np

from phase_worker.contract import ComponentError, DataError
from phase_worker.discovery import bar_source
from topologies.bars import FloatArray, IntArray
from topologies.components.data.bar_checks import Problems, check_columns
from topologies.components.data.columns import Columns, find_layout, make_columns
from topologies.components.data.timestamps import epoch_unit_ns

_LARGEST_BYTES = 2 * 1024**3
_VALUE_BYTES = 8


@bar_source(name="parquet", suffixes=(".parquet",))
def read_parquet(path: Path) -> Columns:
    """The bars of a Parquet file, whose columns are named as in a CSV file.

    Timestamps are of a timestamp or date type (one without a zone is taken for UTC), or whole epoch seconds or
    milliseconds. Raises DataError with the first 20 problems, each with its row counted from 1, and their number;
    ComponentError without pyarrow; OSError when the file cannot be read.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an optional extra)
    except ImportError:
        raise ComponentError(
            "reading Parquet files needs pyarrow: pip install 'daybreak[parquet]'", where=str(path)
        ) from None
    try:
        return _read_columns(path)
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the file system failed, not Arrow
            raise
        raise DataError(f"cannot be read as Parquet: {error}", where=str(path), code="E-PARQUET") from error


def _read_columns(path: Path) -> Columns:
    from pyarrow import parquet  # noqa: PLC0415 (an optional extra)

    with path.open("rb") as stream:
        file = parquet.ParquetFile(stream)
        names, bars = file.schema_arrow.names, file.metadata.num_rows
        layout = find_layout(names, str(path))
        used = [names[position] for position in (layout.timestamp, *layout.numbers.values())]
        if bars * len(used) * _VALUE_BYTES > _LARGEST_BYTES:
            raise DataError(f"{bars} bars would take more than 2 GiB of memory", where=str(path), code="E-BOMB")
        if not bars:
            raise DataError("there is no bar in this file", where=str(path), code="E-EMPTY")
        table = file.read(columns=used, use_threads=False)
    problems = Problems(str(path), "row ")
    rows = np.arange(1, bars + 1)
    time_ns = _read_times(table.column(used[0]), rows, problems, f"{path}: column '{used[0]}'")
    numbers = {
        role: _read_numbers(table.column(name), f"{path}: column '{name}'")
        for role, name in zip(layout.numbers, used[1:], strict=True)
    }
    columns = make_columns(time_ns, numbers)
    check_columns(columns, rows, problems)
    problems.raise_if_any()
    return columns


def _read_times(column: Any, rows: IntArray, problems: Problems, where: str) -> IntArray:
    problems.add_where(column.is_null().to_numpy(), rows, lambda _: ("E-TS", "there is no timestamp"))
    problems.raise_if_any()
    if str(column.type).startswith(("timestamp", "date")):
        times: IntArray = column.cast("timestamp[ns]").to_numpy().view(np.int64)
        return times
    if not str(column.type).startswith(("int", "uint")):
        raise DataError(f"is of type {column.type}: expected a timestamp, date or integer", where=where, code="E-TS")
    counts: IntArray = column.cast("int64").to_numpy()
    unit_ns = epoch_unit_ns(int(counts.min()))
    if not unit_ns or unit_ns != epoch_unit_ns(int(counts.max())):
        raise DataError("these integers are not all epoch seconds, or all milliseconds", where=where, code="E-TS")
    return counts * unit_ns


def _read_numbers(column: Any, where: str) -> FloatArray:
    if not str(column.type).startswith(("int", "uint", "float", "double", "halffloat", "decimal")):
        raise DataError(f"is of type {column.type}: expected a number", where=where, code="E-NUMBER")
    numbers: FloatArray = column.cast("double", safe=False).to_numpy()
    return numbers

"""Prices as traded, or adjusted for splits, or for splits and dividends."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from phase_worker.contract import DataError
from topologies.bars import FloatArray, IntArray
from topologies.components.data.columns import PRICES, Columns
from topologies.components.data.csv_rows import BLANK
from topologies.components.data.timestamps import parse_timestamp

_NAMES = ["date", "price_factor", "split_factor"]
_DAY_NS = 86_400 * 10**9


class Factors(NamedTuple):
    """What raw prices up to and including the day `day_ns` are multiplied by, oldest first; all of shape (k,)."""

    day_ns: IntArray
    dividends: FloatArray
    splits: FloatArray


def adjusted(columns: Columns, prices: str, factors: Factors | None, where: str) -> Columns:
    """`columns` as `prices` says: raw, split or total_return.

    A split divides the volume by what it multiplies prices by. Without `factors`, total_return takes adj_close / close,
    which leaves the volume as it is. Raises DataError (E-COLUMNS) where nothing says how to adjust.
    """
    if prices == "raw":
        return columns
    if factors is not None:
        splits = _at(columns.time_ns, factors.day_ns, factors.splits)
        by = splits * _at(columns.time_ns, factors.day_ns, factors.dividends) if prices == "total_return" else splits
        return replace(_times(columns, by), volume=columns.volume / splits, adj_close=columns.adj_close)
    if prices == "total_return" and columns.adj_close is not None:
        return replace(_times(columns, columns.adj_close / columns.close), close=columns.adj_close)
    raise DataError(
        f"prices: {prices} needs data.factors, a file of factors, or for total_return a column adj_close, and there is "
        "neither. Allowed without: raw.",
        where=where,
        code="E-COLUMNS",
    )


def read_factors(path: Path) -> Factors:
    """A file of factors as Lean has them: date, price_factor (dividends), split_factor, and columns that are ignored.

    A row is for prices up to and including its date; those after the last row are not adjusted. With or without a
    first line that names the columns. Raises DataError with the line (E-COLUMNS, E-TS, E-NUMBER, E-TS-ORDER).
    """
    rows = [_row(fields, f"{path}:{line}") for line, fields in _lines(path)]
    if not rows:
        raise DataError("there are no factors in this file", where=str(path), code="E-EMPTY")
    days, dividends, splits = (np.array(column) for column in zip(*rows, strict=True))
    if (np.diff(days) <= 0).any():
        raise DataError(
            "the dates do not ascend: sort the rows, and keep one of each date", where=str(path), code="E-TS-ORDER"
        )
    return Factors(days, dividends, splits)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        for line, fields in enumerate(csv.reader(file), start=1):
            words = [field.strip(BLANK) for field in fields]
            if any(words) and not (line == 1 and words[: len(_NAMES)] == _NAMES):
                yield line, words


def _row(fields: list[str], where: str) -> tuple[int, float, float]:
    if len(fields) < len(_NAMES):
        raise DataError(f"{len(fields)} fields, where {', '.join(_NAMES)} are needed", where=where, code="E-COLUMNS")
    try:
        day_ns, _ = parse_timestamp(fields[0])
        dividends, splits = float(fields[1]), float(fields[2])
    except DataError as error:
        raise DataError(error.message, where=where, code=error.code) from None
    except ValueError as error:
        raise DataError(f"a factor is no number: {error}", where=where, code="E-NUMBER") from None
    if not (0.0 < dividends < np.inf and 0.0 < splits < np.inf):
        raise DataError(f"factors are {dividends} and {splits}: both must be above 0", where=where, code="E-NUMBER")
    return day_ns, dividends, splits


def _at(time_ns: IntArray, day_ns: IntArray, factor: FloatArray) -> FloatArray:
    """The factor of the first day that is not before each bar's, 1 after the last; shape (n,)."""
    days = time_ns // _DAY_NS * _DAY_NS
    found: FloatArray = np.append(factor, 1.0)[np.searchsorted(day_ns, days)]
    return found


def _times(columns: Columns, factor: FloatArray) -> Columns:
    return replace(columns, **{name: getattr(columns, name) * factor for name in PRICES})

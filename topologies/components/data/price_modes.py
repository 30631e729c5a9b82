"""Prices as traded, or adjusted for splits, or for splits and dividends."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from phase_worker.contract import DataError
from topologies.bars import FloatArray, IntArray, iso_timestamp
from topologies.components.data.columns import PRICES, Columns
from topologies.components.data.csv_rows import BLANK, parse_number, split_row
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
    which leaves the volume as it is. Raises DataError: E-COLUMNS where nothing says how to adjust, E-NUMBER where it
    would leave no price.
    """
    if prices == "raw":
        return columns
    with np.errstate(over="ignore", under="ignore"):
        if factors is not None:
            return _checked(_by_factors(columns, prices, factors), where)
        if prices == "total_return" and columns.adj_close is not None:
            by_close = replace(_times(columns, columns.adj_close / columns.close), close=columns.adj_close)
            return _checked(by_close, where)
    raise DataError(
        f"prices: {prices} needs data.factors, a file of factors, or for total_return a column adj_close, and there is "
        "neither. Allowed without: raw.",
        where=where,
        code="E-COLUMNS",
    )


def _by_factors(columns: Columns, prices: str, factors: Factors) -> Columns:
    splits = _at(columns.time_ns, factors.day_ns, factors.splits)
    by = splits * _at(columns.time_ns, factors.day_ns, factors.dividends) if prices == "total_return" else splits
    return replace(_times(columns, by), volume=columns.volume / splits)


def _checked(columns: Columns, where: str) -> Columns:
    """The columns, if their prices are still above 0 and all is finite: what is beyond that, no vendor means."""
    possible = columns.volume < np.inf
    for name in PRICES:
        price = getattr(columns, name)
        possible &= (price > 0.0) & (price < np.inf)
    if not possible.all():
        time = iso_timestamp(int(columns.time_ns[np.argmin(possible)]))
        message = f"adjusted, the bar of {time} has no price, or no volume: check adj_close, or the factors"
        raise DataError(message, where=where, code="E-NUMBER")
    return columns


def read_factors(path: Path) -> Factors:
    """A file of factors as Lean has them: date, price_factor (dividends), split_factor, and columns that are ignored.

    A row is for prices up to and including its date; those after the last row are not adjusted. With or without a
    first line that names the columns. Raises DataError with the line (E-COLUMNS, E-TS, E-NUMBER, …).
    """
    rows: list[tuple[int, float, float]] = []
    for line, text in _lines(path):
        try:
            row = _row(text)
            if rows and row[0] <= rows[-1][0]:
                raise DataError("the dates do not ascend: sort the rows, and keep one of each date", code="E-TS-ORDER")
        except DataError as error:
            raise DataError(error.message, where=f"{path}:{line}", code=error.code) from None
        rows.append(row)
    if not rows:
        raise DataError("there are no factors in this file", where=str(path), code="E-EMPTY")
    days, dividends, splits = (np.array(column) for column in zip(*rows, strict=True))
    return Factors(days, dividends, splits)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line, text in enumerate(file, start=1):
            is_header = line == 1 and [word.strip(BLANK) for word in text.split(",")][: len(_NAMES)] == _NAMES
            if text.strip(BLANK) and not is_header:
                yield line, text.strip(BLANK)


def _row(text: str) -> tuple[int, float, float]:
    fields = [field.strip(BLANK) for field in split_row(text)]
    if len(fields) < len(_NAMES):
        raise DataError(f"{len(fields)} fields, where {', '.join(_NAMES)} are needed", code="E-COLUMNS")
    day_ns, _ = parse_timestamp(fields[0])
    dividends, splits = (parse_number(name, field) for name, field in zip(_NAMES[1:], fields[1:3], strict=True))
    if not (0.0 < dividends < np.inf and 0.0 < splits < np.inf):
        raise DataError(f"factors are {dividends} and {splits}: both must be above 0", code="E-NUMBER")
    return day_ns, dividends, splits


def _at(time_ns: IntArray, day_ns: IntArray, factor: FloatArray) -> FloatArray:
    """The factor of the first day that is not before each bar's, 1 after the last; shape (n,)."""
    days = time_ns // _DAY_NS * _DAY_NS
    found: FloatArray = np.append(factor, 1.0)[np.searchsorted(day_ns, days)]
    return found


def _times(columns: Columns, factor: FloatArray) -> Columns:
    return replace(columns, **{name: getattr(columns, name) * factor for name in PRICES})

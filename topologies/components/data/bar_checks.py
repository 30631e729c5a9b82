"""Whether bars can be trusted: all that is impossible in them, each with its row in the file."""

from collections.abc import Callable
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from phase_worker.contract import DataError
from topologies.bars import IntArray, iso_timestamp
from topologies.components.data.columns import NUMBERS, Columns

MOST_SHOWN = 20


class Problems:
    """What is wrong with one file: how many problems in all, and the first 20 by row."""

    def __init__(self, file: str, row_word: str = "") -> None:
        self._file = file
        self._row_word = row_word
        self._total = 0
        self._first: list[tuple[int, str, str]] = []

    def add(self, row: int, code: str, message: str) -> None:
        """Note a problem of one row, counted from 1."""
        self._total += 1
        self._first.append((row, code, message))
        if len(self._first) > 50 * MOST_SHOWN:
            self._first = sorted(self._first)[:MOST_SHOWN]

    def add_where(self, wrong: NDArray[np.bool_], rows: IntArray, explain: Callable[[int], tuple[str, str]]) -> None:
        """Note a problem of each bar that is `wrong`, shape (n,); `explain` gives code and message of those shown."""
        indices = np.flatnonzero(wrong)
        for index in indices[:MOST_SHOWN].tolist():
            self.add(int(rows[index]), *explain(index))
        self._total += len(indices[MOST_SHOWN:])

    def raise_if_any(self) -> None:
        """Raise DataError with the first problem's code, and the first 20 problems one per line."""
        if not self._total:
            return
        first = sorted(self._first)[:MOST_SHOWN]
        heading = f"{self._total} problem{'s' if self._total > 1 else ''} in this file"
        if self._total > len(first):
            heading += f", the first {len(first)} of them"
        lines = [f"{self._file}:{self._row_word}{row}: {code}: {message}" for row, code, message in first]
        raise DataError("\n".join([f"{heading}:", *lines]), where=self._file, code=first[0][1])


def check_columns(
    columns: Columns, rows: IntArray, problems: Problems, after_ns: int | None = None, *, newest_first: bool = False
) -> None:
    """Note what is impossible in `columns`: at most one problem of each bar's time, and one of its figures.

    `rows`, shape (n,), are the bars' rows in the file; `after_ns` is the time of the row before them, if there is one.
    """
    if len(columns):
        _check_times(columns.time_ns, rows, problems, after_ns, newest_first)
        problems.add_where(~_possible(columns), rows, lambda index: _explain_figures(columns, index))


def _check_times(
    time_ns: IntArray, rows: IntArray, problems: Problems, after_ns: int | None, newest_first: bool
) -> None:
    step = -1 if newest_first else 1
    previous_ns = np.empty_like(time_ns)
    previous_ns[0] = time_ns[0] - step if after_ns is None else after_ns
    previous_ns[1:] = time_ns[:-1]

    def explain(index: int) -> tuple[str, str]:
        time, previous = int(time_ns[index]), int(previous_ns[index])
        if time == previous:
            return "E-TS-DUP", f"{iso_timestamp(time)} is there twice: keep one"
        return "E-TS-ORDER", f"{iso_timestamp(time)} comes after {iso_timestamp(previous)}: sort the bars by time"

    problems.add_where((time_ns - previous_ns) * step <= 0, rows, explain)


def _possible(columns: Columns) -> NDArray[np.bool_]:
    """Where all figures can be true; a NaN fails every comparison."""
    low, high, volume = columns.low, columns.high, columns.volume
    possible = (low > 0) & (high < np.inf) & (volume >= 0) & (volume < np.inf)
    for inside in (columns.open, columns.close):
        possible &= (low <= inside) & (inside <= high)
    if columns.adj_close is not None:
        possible &= (columns.adj_close > 0) & (columns.adj_close < np.inf)
    return possible


def _explain_figures(columns: Columns, index: int) -> tuple[str, str]:
    held = {name: getattr(columns, name) for name in NUMBERS}
    bar = {name: float(values[index]) for name, values in held.items() if values is not None}
    for name, value in bar.items():
        if not isfinite(value):
            return "E-NAN", f"{name} is {value}: a finite number is needed"
    if bar["volume"] < 0:
        return "E-VOLUME", f"volume is {bar['volume']}: it cannot be below 0"
    for name, value in bar.items():
        if value <= 0 and name != "volume":
            return "E-PRICE", f"{name} is {value}: a price must be above 0"
    if bar["high"] < bar["low"]:
        return "E-HIGH-LOW", f"high {bar['high']} is below low {bar['low']}"
    return "E-ENVELOPE", "open {open} and close {close} must be within low {low} to high {high}".format(**bar)

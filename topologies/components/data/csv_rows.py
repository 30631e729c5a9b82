"""One CSV row, read strictly: the same row always gives the same bar or the same complaint."""

import csv
import re

from phase_worker.contract import DataError
from topologies.components.data.columns import Layout
from topologies.components.data.timestamps import parse_timestamp

BLANK = " \t\r\n"
# Linear: `\d+\.?\d*` would try every way to part 100,000 digits.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NOTHING = ("", "nan", "na", "n/a", "null", "none", "inf", "infinity")


def split_row(line: str) -> list[str]:
    """The fields of one line, which is one row: a quoted field ends on its line. Raises DataError (E-QUOTE)."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise DataError(f"the quotes do not pair up on this line: {error}", code="E-QUOTE") from None


def parse_row(line: str, layout: Layout) -> tuple[int, str, list[float]]:
    """Time in nanoseconds, zone as `parse_timestamp` gives it, and the numbers in the layout's order.

    Raises DataError (E-ROW, E-QUOTE, E-TS, E-NUMBER, E-NAN) for the first thing that is wrong.
    """
    fields = split_row(line)
    if len(fields) != layout.width:
        raise DataError(f"{len(fields)} fields, where the first line names {layout.width}", code="E-ROW")
    time_ns, zone = parse_timestamp(fields[layout.timestamp].strip(BLANK))
    return time_ns, zone, [parse_number(name, fields[position].strip()) for name, position in layout.numbers.items()]


def parse_number(name: str, text: str) -> float:
    """A plain decimal number, rounded to the nearest float64. Raises DataError (E-NUMBER, E-NAN)."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if text.lower().lstrip("+-") in _NOTHING:
        raise DataError(f"{name} is {text!r}: a number is needed", code="E-NAN")
    raise DataError(f"{name} is {text[:60]!r}: write a plain decimal number such as 1234.5", code="E-NUMBER")

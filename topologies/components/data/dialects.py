"""The dialects of CSV that vendors write: how a file's first lines show which it is, and how its rows become plain."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from phase_worker.contract import DataError
from topologies.components.data.csv_rows import BLANK, split_row

_BYTE_ORDER_MARK = "\ufeff"
_OHLCV = ("timestamp", "open", "high", "low", "close", "volume")
_BINANCE = (*_OHLCV, "close_time", "quote_volume", "trades", "taker_volume", "taker_quote_volume", "unused")
_DATES, _TIMES = ("date", "<date>"), ("time", "<time>")
_EASTERN_STANDARD = "-05:00"  # of HistData, all year round
_LEAN_EQUITY_UNIT = 10_000.0
_NO_DELIMITER = "\N{SINGLE LOW-9 QUOTATION MARK}"  # looks like the comma of a field, and does not end it

Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read a file: `names` of its columns, and after how many lines its rows begin.

    `rewrite` makes plain rows, with commas and one column of times, of many; prices are in units of 1/`price_unit`;
    `zone` is that of times without one, '' where the file does not say.
    """

    name: str
    names: Sequence[str]
    lines_before: int
    rewrite: Rewrite | None = None
    price_unit: float = 1.0
    zone: str = ""


def find_dialect(head: str, where: str, wanted: str = "auto") -> Dialect:
    """The dialect of a file that begins with `head`; `wanted` tells those apart that look alike.

    Raises DataError: E-EMPTY, E-ENCODING, E-QUOTE, E-COLUMNS (not as `wanted`).
    """
    if "\0" in head.partition("\n")[0]:
        raise DataError(
            "the first line has a NUL in it, so this is no text in UTF-8: save it as such. What is compressed must be "
            "named .gz, .zst or .zip.",
            where=f"{where}:1",
            code="E-ENCODING",
        )
    lines = [line.strip(BLANK) for line in head.removeprefix(_BYTE_ORDER_MARK).split("\n")]
    if not lines[0]:
        raise DataError("the first line is blank: it must name the columns", where=where, code="E-EMPTY")
    found = _without_header(lines[0]) or _with_header(lines, where)
    if wanted in ("auto", found.name):
        return found
    if {wanted, found.name} == {"lean", "lean_equity"}:
        return replace(found, name=wanted, price_unit=_LEAN_EQUITY_UNIT if wanted == "lean_equity" else 1.0)
    raise DataError(
        f"data.format is {wanted}, but by its first line this file is {found.name}: {lines[0][:80]!r}. Leave out "
        "data.format, or say what the file is.",
        where=f"{where}:1",
        code="E-COLUMNS",
    )


def _without_header(line: str) -> Dialect | None:
    """Files whose first line is a bar already, known by the form of its time and the number of its fields."""
    commas, fields = line.count(","), line.split(",")
    if commas == 11 and re.fullmatch(r"\d{13}|\d{16}", fields[0], re.ASCII):
        return Dialect("binance", _BINANCE, 0)
    if re.match(r"\d{8} \d\d:\d\d,", line, re.ASCII) and commas in (4, 5):
        whole = all(re.fullmatch(r"\d+", price, re.ASCII) for price in fields[1:5])
        name, unit = ("lean_equity", _LEAN_EQUITY_UNIT) if whole else ("lean", 1.0)
        return Dialect(name, _OHLCV[: commas + 1], 0, price_unit=unit)
    if re.match(r"\d{8} \d{6};", line, re.ASCII) and line.count(";") == 5:
        return Dialect("histdata", _OHLCV, 0, _commas_for(";"), zone=_EASTERN_STANDARD)
    if re.match(r"\d{4}\.\d\d\.\d\d,\d\d:\d\d", line, re.ASCII) and commas == 6:
        return Dialect("metatrader", _OHLCV, 0, _joined(0))
    return None


def _with_header(lines: list[str], where: str) -> Dialect:
    header, rewrite = lines[0], None
    for delimiter in (";", "\t"):
        if delimiter in header and "," not in header:
            rewrite = _commas_for(delimiter)
            header = header.replace(delimiter, ",")
    try:
        names = split_row(header)
    except DataError as error:
        raise DataError(error.message, where=f"{where}:1", code=error.code) from None
    if names[0] == "Price" and [line.split(",")[0] for line in lines[1:3]] == ["Ticker", "Date"]:
        return Dialect("yfinance", ["timestamp", *names[1:]], 3)
    words = [name.strip(BLANK).lower() for name in names]
    for place in range(len(words) - 1):
        if words[place] in _DATES and words[place + 1] in _TIMES:
            joined = _joined(place)
            both = joined if rewrite is None else _after(rewrite, joined)
            return Dialect("date_and_time", [*names[:place], "timestamp", *names[place + 2 :]], 1, both)
    return Dialect("plain", names, 1, rewrite)


def _commas_for(delimiter: str) -> Rewrite:
    table = str.maketrans({delimiter: ",", ",": _NO_DELIMITER})
    return lambda text: text.translate(table)


def _joined(place: int) -> Rewrite:
    """Makes one field of those at `place` and after it, a date and a time."""
    pattern = re.compile(rf"^((?:[^,\n]*,){{{place}}}[^,\n]*),", re.MULTILINE)
    return lambda text: pattern.sub(r"\1 ", text)


def _after(first: Rewrite, second: Rewrite) -> Rewrite:
    return lambda text: second(first(text))

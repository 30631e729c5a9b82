"""Bars from a CSV file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from phase_worker.contract import DataError
from phase_worker.discovery import bar_source
from topologies.bars import IntArray
from topologies.components.data.bar_checks import Problems, check_columns
from topologies.components.data.byte_chunks import CHUNK_BYTES, read_chunks
from topologies.components.data.columns import PRICES, Columns, find_layout, join_columns, make_columns
from topologies.components.data.csv_blocks import parse_block
from topologies.components.data.csv_rows import BLANK, parse_row
from topologies.components.data.dialects import Dialect, find_dialect
from topologies.components.data.local_time import has_clock, offsets_ns, to_utc
from topologies.components.data.reading import AS_IT_IS, Reading
from topologies.components.data.timestamps import offset_ns

_BLANK_BYTES = BLANK.encode()
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HEAD_BYTES = 64 * 1024  # the lines before the rows are within these


@bar_source(name="csv", suffixes=(".csv", ".csv.gz", ".csv.zst", ".txt", ".txt.gz", ".txt.zst", ".zip"))
def read_csv(path: Path, reading: Reading = AS_IT_IS) -> Columns:
    """The bars of a CSV file in one of the dialects that `find_dialect` knows, oldest or newest first.

    Times are what `parse_timestamp` reads; those without a zone are in that of `reading`, else UTC. Raises DataError
    with the first 20 problems, each with its line, and their number; OSError when the file cannot be read.
    """
    blocks = _whole_lines(read_chunks(path), str(path))
    first = next(blocks).removeprefix(_BYTE_ORDER_MARK)
    dialect = find_dialect(first[:_HEAD_BYTES].decode("utf-8", "replace"), str(path), reading.format)
    rest = first.split(b"\n", dialect.lines_before)[dialect.lines_before :]
    problems = Problems(str(path))
    rows = _Rows(dialect, reading.timezone, problems, str(path))
    nothing = (b"",)  # joined to the rest, which may not have one block either
    columns = join_columns(rows.read(block) for block in chain(rest, blocks, nothing))
    problems.raise_if_any()
    if not len(columns):
        raise DataError("there is no bar below the first line", where=str(path), code="E-EMPTY")
    return rows.finish(columns)


def _whole_lines(chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """The lines of all chunks, many at a time, joined by newlines."""
    rest, line = b"", 1  # which is the rest's
    for chunk in chunks:
        cut = chunk.rfind(b"\n")
        if cut >= 0:
            yield b"".join((rest, memoryview(chunk)[:cut]))
            rest = b""
            line += chunk.count(b"\n")
        rest += chunk[cut + 1 :]
        if len(rest) > CHUNK_BYTES:
            message = f"a line of more than {CHUNK_BYTES} bytes: lines must end in a newline, or CR and newline"
            raise DataError(message, where=f"{where}:{line}", code="E-ROW")
    yield rest


class _Rows:
    """Turns blocks of lines into columns, one after the other, and notes the problems."""

    def __init__(self, dialect: Dialect, timezone: str | None, problems: Problems, where: str) -> None:
        self._dialect = dialect
        self._layout = find_layout(dialect.names, f"{where}:1")
        self._timezone = timezone
        self._problems = problems
        self._where = where
        self._next_line = 1 + dialect.lines_before
        self._blank_line = 0  # the first one since the last row: allowed at the end of the file only
        self._zone: str | None = None
        self._last_ns: int | None = None
        self._newest_first: bool | None = None

    def read(self, block: bytes) -> Columns:
        """The rows of `block` that can be parsed; the problems of all its rows are noted."""
        text = block.rstrip(_BLANK_BYTES)
        plain = text.decode("utf-8", "replace")
        lines, columns = self._parse(self._dialect.rewrite(plain) if self._dialect.rewrite else plain)
        columns = self._in_money(lines, columns)
        if self._newest_first is None and len(columns) > 1:
            self._newest_first = bool((np.diff(columns.time_ns) < 0).mean() > 0.5)
        check_columns(columns, lines, self._problems, self._last_ns, newest_first=bool(self._newest_first))
        if len(columns):
            self._last_ns = int(columns.time_ns[-1])
        blank_lines = block.count(b"\n", len(text)) + (not text)
        if blank_lines:
            self._blank_line = self._blank_line or self._next_line
        self._next_line += blank_lines
        return columns

    def _parse(self, text: str) -> tuple[IntArray, Columns]:
        """The file's lines of the rows, and the rows."""
        parsed = parse_block(text, self._layout)
        if not parsed or not self._is_zone(parsed[0], parsed[1].time_ns):
            return self._parse_one_by_one(text)
        self._end_blank_lines()
        _, columns = parsed
        lines = np.arange(self._next_line, self._next_line + len(columns))
        self._next_line += len(columns)
        return lines, columns

    def _parse_one_by_one(self, text: str) -> tuple[IntArray, Columns]:
        lines: list[int] = []
        times: list[int] = []
        figures: list[list[float]] = []
        rows = text.split("\n") if text else []
        for line, row in enumerate(rows, self._next_line):
            if not row.strip(BLANK):
                self._blank_line = self._blank_line or line
                continue
            self._end_blank_lines()
            try:
                time_ns, zone, numbers = parse_row(row.removesuffix("\r"), self._layout)
                self._check_zone(zone, time_ns)
            except DataError as error:
                self._problems.add(line, error.code, error.message)
                continue
            lines.append(line)
            times.append(time_ns)
            figures.append(numbers)
        self._next_line += len(rows)
        by_column = np.array(figures, np.float64).reshape(-1, len(self._layout.numbers)).T
        columns = make_columns(np.array(times, np.int64), dict(zip(self._layout.numbers, by_column, strict=True)))
        return np.array(lines, np.int64), columns

    def _in_money(self, lines: IntArray, columns: Columns) -> Columns:
        """Prices that are written as whole numbers of a small unit, in units of 1."""
        unit = self._dialect.price_unit
        if unit == 1.0:
            return columns
        prices = np.array([getattr(columns, name) for name in PRICES])
        message = (
            f"a price that is not whole, where by the first line or data.format all are in 1/{unit:,.0f}. If they are "
            "not, say data.format: lean."
        )
        fractional = (np.isfinite(prices) & (prices != np.rint(prices))).any(axis=0)
        self._problems.add_where(fractional, lines, lambda _: ("E-NUMBER", message))
        return replace(columns, **dict(zip(PRICES, prices / unit, strict=True)))

    def _end_blank_lines(self) -> None:
        if self._blank_line:
            self._problems.add(self._blank_line, "E-ROW", "a blank line among the bars")
            self._blank_line = 0

    def _check_zone(self, zone: str, time_ns: int) -> None:
        if not self._is_zone(zone, np.array([time_ns])):
            raise DataError(
                f"time zone {zone or 'not given'}, where the first bar's is {self._zone or 'not given'}: write all "
                "times in one zone, best UTC. Offsets that change with summer time need data.timezone in the job.",
                code="E-TS-ZONE",
            )

    def _is_zone(self, zone: str, time_ns: IntArray) -> bool:
        """Whether these times are in the zone of the first bar, or their offset is that of the job's time zone."""
        if self._zone is None:
            self._zone = zone
        if zone == self._zone:
            return True
        offsets = {zone[:1], self._zone[:1]} <= {"+", "-"}
        return (
            offsets
            and self._timezone is not None
            and bool((offsets_ns(time_ns, self._timezone) == offset_ns(zone)).all())
        )

    def finish(self, columns: Columns) -> Columns:
        """All bars of the file, oldest first, in UTC."""

        def place(bar: int) -> str:  # there are no blank lines among the bars
            row = len(columns) - 1 - bar if self._newest_first else bar
            return f"{self._where}:{1 + self._dialect.lines_before + row}"

        if self._newest_first:
            columns = columns.take(slice(None, None, -1))
        if self._zone or not has_clock(columns.time_ns):
            return columns
        if self._timezone:
            return replace(columns, time_ns=to_utc(columns.time_ns, self._timezone, place))
        return replace(columns, time_ns=columns.time_ns - offset_ns(self._dialect.zone))

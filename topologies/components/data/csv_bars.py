"""Bars from a CSV file."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from phase_worker.contract import DataError
from phase_worker.discovery import bar_source
from topologies.bars import IntArray
from topologies.components.data.bar_checks import Problems, check_columns
from topologies.components.data.byte_chunks import CHUNK_BYTES, read_chunks
from topologies.components.data.columns import Columns, Layout, find_layout, join_columns, make_columns
from topologies.components.data.csv_blocks import parse_block
from topologies.components.data.csv_rows import BLANK, parse_row, split_row

_BLANK_BYTES = BLANK.encode()
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@bar_source(name="csv", suffixes=(".csv", ".csv.gz"))
def read_csv(path: Path) -> Columns:
    """The bars of a CSV file whose first line names the columns.

    Timestamps are ISO 8601 or epoch seconds or milliseconds; those without a zone are taken for UTC. Raises DataError
    with the first 20 problems, each with its line, and their number; OSError when the file cannot be read.
    """
    blocks = _whole_lines(read_chunks(path), path)
    header, *rest = next(blocks).split(b"\n", 1)
    problems = Problems(str(path))
    rows = _Rows(_read_header(header, path), problems)
    nothing = (b"",)  # joined to the rest, which may not have one block either
    columns = join_columns(rows.read(block) for block in chain(rest, blocks, nothing))
    problems.raise_if_any()
    if not len(columns):
        raise DataError("there is no bar below the first line", where=str(path), code="E-EMPTY")
    return columns


def _whole_lines(chunks: Iterable[bytes], path: Path) -> Iterator[bytes]:
    """The lines of all chunks, many at a time, joined by newlines."""
    rest = b""
    for chunk in chunks:
        cut = chunk.rfind(b"\n")
        if cut >= 0:
            yield b"".join((rest, memoryview(chunk)[:cut]))
            rest = b""
        rest += chunk[cut + 1 :]
        if len(rest) > CHUNK_BYTES:
            raise DataError(f"a line of more than {CHUNK_BYTES} bytes", where=str(path), code="E-ROW")
    yield rest


def _read_header(header: bytes, path: Path) -> Layout:
    line = header.removeprefix(_BYTE_ORDER_MARK).strip(_BLANK_BYTES).decode("utf-8", "replace")
    if not line:
        raise DataError("the first line is blank: it must name the columns", where=str(path), code="E-EMPTY")
    try:
        names = split_row(line)
    except DataError as error:
        raise DataError(error.message, where=f"{path}:1", code=error.code) from None
    return find_layout(names, f"{path}:1")


class _Rows:
    """Turns blocks of lines into columns, one after the other, and notes the problems."""

    def __init__(self, layout: Layout, problems: Problems) -> None:
        self._layout = layout
        self._problems = problems
        self._next_line = 2
        self._blank_line = 0  # the first one since the last row: allowed at the end of the file only
        self._zone: str | None = None
        self._last_ns: int | None = None

    def read(self, block: bytes) -> Columns:
        """The rows of `block` that can be parsed; the problems of all its rows are noted."""
        text = block.rstrip(_BLANK_BYTES)
        lines, columns = self._parse(text.decode("utf-8", "replace"))
        check_columns(columns, lines, self._problems, self._last_ns)
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
        if not parsed or self._zone not in (None, parsed[0]):
            return self._parse_one_by_one(text)
        self._end_blank_lines()
        self._zone, columns = parsed
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
                self._check_zone(zone)
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

    def _end_blank_lines(self) -> None:
        if self._blank_line:
            self._problems.add(self._blank_line, "E-ROW", "a blank line among the bars")
            self._blank_line = 0

    def _check_zone(self, zone: str) -> None:
        if self._zone is None:
            self._zone = zone
        if zone != self._zone:
            raise DataError(
                f"time zone {zone or 'not given'}, where the first bar's is {self._zone or 'not given'}: write all "
                "times in one zone, best UTC",
                code="E-TS-ZONE",
            )

"""Blocks of ordinary CSV rows, read as arrays: no Python runs per row.

What is taken for ordinary is a part of what `csv_rows` accepts, and gives the same bits. A block that has anything
else in it is left to `csv_rows`, which reads it or says what is wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phase_worker.contract import DataError
from topologies.bars import FloatArray, IntArray
from topologies.components.data.columns import Columns, Layout, make_columns
from topologies.components.data.csv_rows import parse_number
from topologies.components.data.timestamps import parse_column, shape_of

_COMMA, _NEWLINE, _RETURN, _DOT = b",\n\r."
# Eight bytes before any field can be loaded as one word, and a line end before the first field.
_PADDING = b"0000000\n"

_WORD = np.dtype("<u8")
_WORD_DIGITS = 8
_POWERS_OF_TEN = 10 ** np.arange(_WORD_DIGITS + 1)
_EXACT_BELOW = 2**53
# The last n of a word's eight characters (the high bytes), for n = 0 … 8.
_LAST_CHARACTERS = np.array([(1 << 64) - (1 << 8 * (8 - n)) for n in range(_WORD_DIGITS + 1)], np.uint64)

_ZEROS, _TO_128_FROM_10, _TOP_BITS = (np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x76, 0x80))
_TEN, _ONE_BYTE, _TWO_BYTES, _FOUR_BYTES = (np.uint64(n) for n in (10, 8, 16, 32))
_PAIRS = np.uint64(0x000000FF000000FF)
_UPPER_WEIGHTS, _LOWER_WEIGHTS = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))


class _UnusualError(Exception):
    """The block is not for this file to read."""


@dataclass(frozen=True, slots=True)
class _Fields:
    """Where the fields are in `data`: all arrays have the shape (columns, rows).

    `dot` is the position of the last '.' of a field that has `dots`.
    """

    data: bytes
    start: IntArray
    end: IntArray
    dots: IntArray
    dot: IntArray


def parse_block(block: bytes, layout: Layout) -> tuple[str, Columns] | None:
    """The zone and the bars of one or more rows joined by newlines, or None where they hold anything unusual."""
    try:
        fields = _find_fields(block, layout.width)
        zone, time_ns = _parse_timestamps(fields, layout.timestamp)
        numbers = _parse_numbers(fields, list(layout.numbers.values()))
    except _UnusualError:
        return None
    return zone, make_columns(time_ns, dict(zip(layout.numbers, numbers, strict=True)))


def _find_fields(block: bytes, width: int) -> _Fields:
    if b'"' in block:
        raise _UnusualError
    data = b"".join((_PADDING, block, b"\n"))
    text = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero((text == _COMMA) | (text == _NEWLINE) | (text == _DOT))
    separators = np.flatnonzero(text.take(marks) != _DOT)
    bounds = marks.take(separators)
    rows, rest = divmod(len(bounds) - 1, width)
    line_ends = text.take(bounds[width::width]) == _NEWLINE
    if rest or not line_ends.all() or block.count(b"\n") != rows - 1:
        raise _UnusualError
    start = bounds[:-1].reshape(rows, width) + 1
    end = bounds[1:].reshape(rows, width).copy()
    end[:, -1] -= text.take(end[:, -1] - 1) == _RETURN
    dots = np.diff(separators).reshape(rows, width) - 1
    dot = marks.take(separators[1:] - 1).reshape(rows, width)
    return _Fields(data, start.T, end.T, dots.T, dot.T)


def _parse_timestamps(fields: _Fields, column: int) -> tuple[str, IntArray]:
    start, length = fields.start[column], fields.end[column] - fields.start[column]
    width = int(length[0])
    shape = shape_of(fields.data[start[0] : start[0] + width].decode("ascii", "replace"))
    if shape is None or (length != width).any():
        raise _UnusualError
    time_ns = parse_column(_windows(fields.data, width)[start].tobytes(), shape)
    if time_ns is None:
        raise _UnusualError
    return shape.zone, time_ns


def _parse_numbers(fields: _Fields, columns: list[int]) -> FloatArray:
    """The numbers of `columns`, shape (columns, rows): digits with at most one dot.

    A number is cut in two where its dot is, or else before its last eight digits. digits / 10**decimals is the nearest
    float64 when both are exact in float64, since IEEE division rounds correctly; the rest go one by one to `float`.
    """
    start, end, dots, dot = (part[columns] for part in (fields.start, fields.end, fields.dots, fields.dot))
    if dots.max() > 1 or (end - start - dots).min() < 1:
        raise _UnusualError
    cut = np.where(dots == 1, dot, np.maximum(end - _WORD_DIGITS, start))
    left, right = cut - start, end - cut - dots
    words = _windows(fields.data, _WORD_DIGITS)
    digits = _parse_digits(words[cut - _WORD_DIGITS], left) * _POWERS_OF_TEN.take(right, mode="clip")
    digits += _parse_digits(words[end - _WORD_DIGITS], right)
    numbers: FloatArray = digits / _POWERS_OF_TEN.take(right * dots, mode="clip")
    if max(left.max(), right.max()) > _WORD_DIGITS or digits.max() >= _EXACT_BELOW:
        inexact = (left > _WORD_DIGITS) | (right > _WORD_DIGITS) | (digits >= _EXACT_BELOW)
        places = zip(start[inexact].tolist(), end[inexact].tolist(), strict=True)
        numbers[inexact] = [_parse_long_number(fields.data[first:last]) for first, last in places]
    return numbers


def _parse_long_number(text: bytes) -> float:
    try:
        return parse_number(text.decode("ascii", "replace"))
    except DataError:
        raise _UnusualError from None


def _parse_digits(words: NDArray[np.void], length: IntArray) -> IntArray:
    """The number that the last `length` characters of each word say, of which at most 8 count.

    Digits are added up in pairs, fours and eights, as in D. Lemire, "Quickly parsing eight digits" (2018).
    """
    word = (words.view(_WORD) ^ _ZEROS) & _LAST_CHARACTERS.take(length, mode="clip")
    if (((word + _TO_128_FROM_10) | word) & _TOP_BITS).any():
        raise _UnusualError
    word = word * _TEN + (word >> _ONE_BYTE)
    eights = (word & _PAIRS) * _UPPER_WEIGHTS + ((word >> _TWO_BYTES) & _PAIRS) * _LOWER_WEIGHTS
    return (eights >> _FOUR_BYTES).view(np.int64)


def _windows(data: bytes, width: int) -> NDArray[np.void]:
    """Every run of `width` bytes of `data`, the one that starts at i at index i, without a copy."""
    return np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))

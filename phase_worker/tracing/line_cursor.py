"""Reads the same fields from many lines of text at once, with numpy.

What a loop would do for one line after the other, every operation here does for all lines: a place in each of them
moves on over what is expected there. The eight bytes from a place on are taken as one number, a word, and what is in it
is found by arithmetic on all its bytes together (H. S. Warren, Hacker's Delight, 2nd edition, section 6-1), so that a
field costs a few operations of numpy per block of lines, and none of Python per line.
"""

from typing import Any

import numpy as np

BoolArray = np.ndarray[Any, np.dtype[np.bool_]]
IntArray = np.ndarray[Any, np.dtype[np.int64]]
Words = Any  # an array of uint64; numpy's hints take it for signed when a number is added

# What stands for `null`: neither is an id or a time. An id has at most nine digits.
NO_INTEGER = -(2**31)
NO_TIME = -(2**63)

_STRING_WORDS = 8


def _word(text: bytes) -> np.uint64:
    """Up to eight bytes as they stand in a word; the first is the lowest."""
    return np.uint64(int.from_bytes(text, "little"))


_QUOTES, _ZEROS = _word(b'"' * 8), _word(b"0" * 8)
_ONE_EACH, _HIGH_BIT_EACH = _word(b"\x01" * 8), _word(b"\x80" * 8)
# What sets the high bit of a byte when it is added to 10 or more, and to anything but 0.
_NOT_A_DIGIT, _NOT_ZERO = b"\x76", b"\x7f"
_NO_DIGITS = _word(_NOT_A_DIGIT * 8)
_MIXER = np.uint64(0x9E3779B97F4A7C15)

_MONTHS = np.arange("1600-01", "2400-01", dtype="datetime64[M]")
_MONTH_STARTS_DAY = _MONTHS.astype("datetime64[D]").astype(np.int64)
_FIRST_MONTH = 1600 * 12 + 1


class LineCursor:
    """A place in each of some lines of `text`; `fits` says of each line whether it was as expected so far.

    What is read from a line that does not fit means nothing.
    """

    def __init__(self, text: bytes, starts: IntArray) -> None:
        text = text.ljust(8)
        self._last_word = len(text) - 8
        self._words: Words = np.ndarray((self._last_word + 1,), "<u8", text, 0, (1,))  # one from every byte on
        self.places = starts.copy()
        self.fits = np.ones(len(starts), bool)

    def skip(self, literal: bytes) -> None:
        """Move over `literal`, of which the last eight bytes are compared."""
        self.places += len(literal)
        self.fits &= self._at(self.places - 8) == _word(literal[-8:])

    def string(self, hashes: Words) -> Words:
        """Move to the quote that ends a string of up to 64 bytes; returns `hashes` with the string mixed in."""
        hashes = hashes.copy()
        lines: Any = slice(None)
        for _ in range(_STRING_WORDS):
            word = self._at(self.places[lines])
            other = word ^ _QUOTES
            inside = _bytes_below((other - _ONE_EACH) & ~other & _HIGH_BIT_EACH)
            hashes[lines] = _mixed(hashes[lines] ^ (word & inside))
            sizes = _count(inside)
            self.places[lines] += sizes
            lines = np.flatnonzero(sizes == 8) if isinstance(lines, slice) else lines[sizes == 8]
            if not len(lines):
                break
        return hashes

    def integer(self) -> IntArray:
        """Move over digits, or over `null`."""
        values, sizes = self._digits(self.places)
        self.places += sizes
        long = np.flatnonzero(sizes == 8)
        if len(long):
            more, more_sizes = self._digits(self.places[long])
            values[long] = values[long] * 10**more_sizes + more
            self.places[long] += more_sizes
        self.fits &= values < 10**9
        null = np.flatnonzero(sizes == 0)
        self.fits[null] &= self._is_null(null)
        self.places[null] += 4
        values[null] = NO_INTEGER
        return values

    def time(self) -> IntArray:
        """Move over a time like "2020-01-03T16:00:00Z", with or without six decimals, or over `null`.

        Returns microseconds since 1970. A day that its month does not have counts on into the next one.
        """
        null = np.flatnonzero(self._is_null(slice(None)))
        null_places, null_fits = self.places[null], self.fits[null]
        year_month = self._two_digits(1, b"0000-00-")
        day = self._two_digits(9, b"00T00:00")
        clock = self._two_digits(12, b"00:00:00")
        months = _byte(year_month, 0) * 1200 + _byte(year_month, 2) * 12 + _byte(year_month, 5) - _FIRST_MONTH
        self.fits &= (months >= 0) & (months < len(_MONTHS))
        days = np.take(_MONTH_STARTS_DAY, months, mode="clip") + _byte(day, 0) - 1
        seconds = ((days * 24 + _byte(clock, 0)) * 60 + _byte(clock, 3)) * 60 + _byte(clock, 6)
        values = seconds * 1_000_000
        self.places += 20
        self._decimals(values)
        self.fits &= self._at(self.places) & 0xFFFF == _word(b'Z"')
        self.places += 2
        self.places[null], self.fits[null], values[null] = null_places + 4, null_fits, NO_TIME
        return values

    def _decimals(self, values: IntArray) -> None:
        dotted = np.flatnonzero(self._at(self.places) & 0xFF == ord("."))
        if len(dotted):
            decimals, sizes = self._digits(self.places[dotted] + 1)
            values[dotted] += decimals
            self.fits[dotted] &= sizes == 6
            self.places[dotted] += 7

    def _at(self, places: IntArray) -> Words:
        """The words there; what a cursor in a line that does not fit finds behind the text is the text's end."""
        return self._words[np.minimum(places, self._last_word)]

    def _is_null(self, lines: Any) -> BoolArray:
        is_null: BoolArray = self._at(self.places[lines]) & 0xFFFFFFFF == _word(b"null")
        return is_null

    def _two_digits(self, offset: int, pattern: bytes) -> Words:
        """A word whose byte k is the number that the digits k and k + 1 make, where `pattern` has zeros."""
        digits = self._at(self.places + offset) ^ _word(pattern)
        limits = _word(b"".join(_NOT_A_DIGIT if byte == ord("0") else _NOT_ZERO for byte in pattern))
        self.fits &= ((digits + limits) | digits) & _HIGH_BIT_EACH == 0
        return digits * 10 + (digits >> 8)

    def _digits(self, places: IntArray) -> tuple[IntArray, IntArray]:
        """The number that up to eight digits make, and how many they are."""
        digits = self._at(places) ^ _ZEROS
        sizes = _count(_bytes_below(((digits + _NO_DIGITS) | digits) & _HIGH_BIT_EACH))
        digits <<= (64 - 8 * sizes).astype(np.uint64)  # to the end of the word: zeros before the first
        digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF
        digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF
        digits = (digits * 10000 + (digits >> 32)) & 0x00000000FFFFFFFF
        return digits.astype(np.int64), sizes


def _byte(words: Words, number: int) -> IntArray:
    values: IntArray = (words >> 8 * number & 0xFF).astype(np.int64)
    return values


def _bytes_below(flags: Words) -> Words:
    """A mask of the bytes below the lowest one whose high bit is set; of all where none is."""
    return ((flags & -flags) >> 7) - 1


def _count(mask: Words) -> IntArray:
    """How many bytes a mask has."""
    counts: IntArray = ((mask & _ONE_EACH) * _ONE_EACH >> 56).astype(np.int64)
    return counts


def _mixed(words: Words) -> Words:
    """Every bit depends on every other's, so that words which are alike are not likely to meet when more is added."""
    words = (words ^ words >> 32) * _MIXER
    return words ^ words >> 29

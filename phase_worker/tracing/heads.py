"""The heads of records as columns of numbers: what records are selected by, without parsing them."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import orjson

from phase_worker.contract.errors import DataError
from phase_worker.tracing.event_time import microseconds
from phase_worker.tracing.line_cursor import NO_INTEGER, NO_TIME, IntArray, LineCursor, Words

Int32Array = np.ndarray[Any, np.dtype[np.int32]]

COLUMNS = 8
_PART_BYTES = 1 << 21
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_INTEGER = rb"-?\d{1,9}+"
_HEAD = re.compile(
    rb'\{"event_type":(%(string)s),"event_id":(%(integer)s),"timestamp":(null|%(string)s),"source_id":(%(string)s)'
    rb',"causation_id":(null|%(integer)s),"correlation_id":(null|%(integer)s),"payload":'
    % {b"string": _STRING, b"integer": _INTEGER}
)


class Kind(NamedTuple):
    """The type and the source of a record."""

    event_type: str | None
    source_id: str | None


UNREADABLE = Kind(None, None)  # a line that is no record; the number of this kind is 0


class Heads(NamedTuple):
    """Views of `table`, an int32 array of shape (COLUMNS, lines): one number for each line of some text."""

    table: Int32Array
    starts: Int32Array  # where the line begins, in bytes
    payloads: Int32Array  # where its payload begins, which ends before the line's last brace
    kinds: Int32Array  # a number of Kinds
    event_ids: Int32Array
    causation_ids: Int32Array  # NO_INTEGER for null, as in the next column, and for what is no record
    correlation_ids: Int32Array
    times: IntArray  # microseconds since 1970, NO_TIME for null and for what is not ISO 8601; two columns of the table


def heads_in(table: Int32Array) -> Heads:
    """The columns of `table`."""
    starts, payloads, kinds, event_ids, causation_ids, correlation_ids, *_ = table
    times = table[6:].reshape(-1).view(np.int64)
    return Heads(table, starts, payloads, kinds, event_ids, causation_ids, correlation_ids, times)


class Kinds:
    """The kinds of the records of one trace, numbered as they come."""

    def __init__(self, kinds: Iterable[Kind] = (UNREADABLE,)) -> None:
        self._numbers = {kind: number for number, kind in enumerate(kinds)}
        self._hashes = np.array([2**64 - 1], np.uint64)  # sorted; the last is greater than any other
        self._of_hashes = np.zeros(1, np.int32)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, kind: Kind) -> int:
        return self._numbers.setdefault(kind, len(self._numbers))

    def numbers(self, hashes: Words, kind_at: Callable[[int], Kind]) -> Int32Array:
        """The number for each hash; `kind_at` says what stands where a hash comes for the first time."""
        places = np.searchsorted(self._hashes, hashes)
        unknown = np.flatnonzero(self._hashes[places] != hashes)
        if len(unknown):
            new, firsts = np.unique(hashes[unknown], return_index=True)
            new_numbers = [self.number(kind_at(first)) for first in unknown[firsts].tolist()]
            known = np.concatenate((self._hashes, new))
            order = np.argsort(known)
            self._hashes, self._of_hashes = known[order], np.concatenate((self._of_hashes, new_numbers))[order]
            places = np.searchsorted(self._hashes, hashes)
        numbers: Int32Array = self._of_hashes[places]
        return numbers


def scan(text: bytes, kinds: Kinds) -> Heads:
    """The heads of the lines of `text`, each of which ends in a newline; adds to `kinds` what is new.

    Types and sources are told from one another by 64 bits of hash.
    """
    newlines = _newlines(np.frombuffer(text, np.uint8))
    starts = np.concatenate(([0], newlines[:-1] + 1))[: len(newlines)]
    heads = heads_in(np.zeros((COLUMNS, len(starts)), np.int32))
    heads.starts[:] = starts
    cursor = LineCursor(text, starts)
    hashes, names = _read_fields(cursor, heads)
    fitting = np.flatnonzero(cursor.fits)
    heads.kinds[fitting] = kinds.numbers(
        hashes[fitting], lambda line: _kind(*(text[start - 1 : end + 1] for start, end in names[fitting[line]]))
    )
    for line in np.flatnonzero(~cursor.fits).tolist():
        _scan_line(text[starts[line] : newlines[line]], line, heads, kinds)
    return heads


def _newlines(text: np.ndarray[Any, np.dtype[np.uint8]]) -> IntArray:
    """Where they are; found a part at a time, since a line may be large."""
    parts = range(0, len(text) or 1, _PART_BYTES)
    return np.concatenate([np.flatnonzero(text[start : start + _PART_BYTES] == ord("\n")) + start for start in parts])


def _read_fields(cursor: LineCursor, heads: Heads) -> tuple[Words, IntArray]:
    """Fill all columns but kinds; returns a hash of type and source, and where the two begin and end."""
    cursor.skip(b'{"event_type":"')
    type_starts = cursor.places.copy()
    hashes = cursor.string(np.zeros(len(type_starts), np.uint64))
    type_ends = cursor.places.copy()
    cursor.skip(b'","event_id":')
    heads.event_ids[:] = cursor.integer()
    cursor.skip(b',"timestamp":')
    heads.times[:] = cursor.time()
    cursor.skip(b',"source_id":"')
    source_starts = cursor.places.copy()
    hashes = cursor.string(hashes)
    source_ends = cursor.places.copy()
    cursor.skip(b'","causation_id":')
    heads.causation_ids[:] = cursor.integer()
    cursor.skip(b',"correlation_id":')
    heads.correlation_ids[:] = cursor.integer()
    cursor.skip(b',"payload":')
    heads.payloads[:] = cursor.places
    cursor.fits &= heads.event_ids != NO_INTEGER
    return hashes, np.stack((type_starts, type_ends, source_starts, source_ends), axis=1).reshape(-1, 2, 2)


def _scan_line(line: bytes, column: int, heads: Heads, kinds: Kinds) -> None:
    """What `scan` does, for any line."""
    match = _HEAD.match(line)
    if match is None:
        heads.table[1:6, column], heads.times[column] = (0, 0, NO_INTEGER, NO_INTEGER, NO_INTEGER), NO_TIME
        return
    event_type, event_id, timestamp, source_id, causation_id, correlation_id = match.groups()
    heads.payloads[column] = heads.starts[column] + match.end()
    heads.kinds[column] = kinds.number(_kind(event_type, source_id))
    heads.event_ids[column] = _integer(event_id)
    heads.causation_ids[column] = _integer(causation_id)
    heads.correlation_ids[column] = _integer(correlation_id)
    heads.times[column] = _time(timestamp)


def _kind(event_type: bytes, source_id: bytes) -> Kind:
    try:
        return Kind(orjson.loads(event_type), orjson.loads(source_id))
    except orjson.JSONDecodeError:
        return UNREADABLE


def _integer(text: bytes) -> int:
    return NO_INTEGER if text == b"null" else int(text)


def _time(text: bytes) -> int:
    try:
        return NO_TIME if text == b"null" else microseconds(orjson.loads(text))
    except (orjson.JSONDecodeError, DataError):
        return NO_TIME

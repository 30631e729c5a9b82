"""Goes through the records of one trace, sealed in a file or held in memory, without parsing them.

A block is bytes that start with a newline and hold whole lines, without the newline of the last: "a line that starts
with x" is a search for newline + x. JSON escapes newlines inside strings, so a newline byte always ends a record.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import orjson

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.seal import SEAL_PREFIX, Seal, verify_trace
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import encode

# Stays in the processor's cache while it is searched: twice as fast as 1 MiB.
_BLOCK_BYTES = 1 << 18
_EVENTS_PER_BLOCK = 1000
_SEAL_START = SEAL_PREFIX + b'"events":'
_SEAL_TAIL_BYTES = 512

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_INTEGER = rb"-?\d++"
_HEAD = re.compile(
    rb'\n\{"event_type":(%(string)s),"event_id":(%(integer)s),"timestamp":(null|%(string)s),"source_id":(%(string)s)'
    rb',"causation_id":(null|%(integer)s),"correlation_id":(null|%(integer)s),"payload":'
    % {b"string": _STRING, b"integer": _INTEGER}
)


class Head(NamedTuple):
    """A record without its payload; each field is JSON."""

    event_type: bytes
    event_id: bytes
    timestamp: bytes
    source_id: bytes
    causation_id: bytes
    correlation_id: bytes


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace, and how to go through its bytes; `seal` is None in memory and where only a part can be trusted."""

    name: str
    blocks: Callable[[], Iterator[bytes]]
    seal: Seal | None = None

    def lines(self) -> Iterator[bytes]:
        """Every record, as the bytes of its line without the newline."""
        for block in self.blocks():
            yield from lines_of(block)

    def lines_matching(self, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
        """The first group of each match of `pattern`, in order."""
        for block in self.blocks():
            yield from pattern.findall(block)

    def lines_containing(self, needle: bytes) -> Iterator[bytes]:
        """The records whose line has `needle` anywhere."""
        for block in self.blocks():
            found = block.find(needle)
            while found >= 0:
                end = block.find(b"\n", found)
                end = len(block) if end < 0 else end
                yield block[block.rfind(b"\n", 0, found) + 1 : end]
                found = block.find(needle, end)

    def decode(self, line: bytes) -> Event:
        """The event of a record; raises InputTraceError with the record's offset where it is none."""
        try:
            return Event(**orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError):
            raise self._unreadable(line) from None

    def head(self, line: bytes) -> Head:
        """The head of a record; raises InputTraceError like `decode`."""
        match = _HEAD.match(b"\n" + line)
        if match is None:
            raise self._unreadable(line)
        return Head(*match.groups())

    def heads(self, block: bytes) -> list[tuple[bytes, ...]]:
        """The heads of all records of a block, as plain tuples of Head's fields; raises like `decode`."""
        heads = _HEAD.findall(block)
        if len(heads) != block.count(b"\n"):
            for line in lines_of(block):
                self.head(line)
        return heads

    def count(self) -> int:
        """How many records there are."""
        return self.seal.events if self.seal else sum(block.count(b"\n") for block in self.blocks())

    def _unreadable(self, line: bytes) -> InputTraceError:
        offset = 0
        for block in self.blocks():
            position = (block + b"\n").find(b"\n" + line + b"\n")
            if position >= 0:
                offset += position
                break
            offset += len(block)
        return InputTraceError(
            f"the line at byte {offset} is not a record of this version. All lines before it can be read. "
            "Run the trace's phase again.",
            where=self.name,
        )


def open_trace(path: Path, *, allow_partial: bool = False) -> Trace:
    """Verify the trace at `path` against its seal, reading all of it once.

    Raises InputTraceError when it is missing, unsealed or changed; with `allow_partial` an existing file's complete
    lines are taken without a valid seal.
    """
    try:
        seal = verify_trace(path)
    except InputTraceError:
        if not (allow_partial and path.exists()):
            raise
        return Trace(str(path), partial(_blocks_of_file, path, _size_of_records(path)))
    return Trace(str(path), partial(_blocks_of_file, path, seal.size_bytes), seal)


def lines_of(block: bytes) -> list[bytes]:
    """The lines of a block, without their newlines."""
    return block[1:].split(b"\n")


def trace_in_memory(name: str, events: list[Event]) -> Trace:
    """The trace that `events` would be in a file: what is read from it has been through JSON."""
    return Trace(name, partial(_blocks_of_events, events))


def _blocks_of_file(path: Path, size_bytes: int) -> Iterator[bytes]:
    """What is behind the last newline within `size_bytes` is a cut-off line, and left out."""
    begun = [b"\n"]  # the pieces of a block that is not complete
    left = size_bytes
    with path.open("rb", buffering=0) as file:
        while left and (chunk := file.read(min(left, _BLOCK_BYTES))):
            left -= len(chunk)
            newline = chunk.rfind(b"\n")
            if newline >= 0:
                yield b"".join((*begun, memoryview(chunk)[:newline]))
                begun = [chunk[newline:]]
            else:
                begun.append(chunk)


def _blocks_of_events(events: list[Event]) -> Iterator[bytes]:
    for start in range(0, len(events), _EVENTS_PER_BLOCK):
        yield b"\n" + b"".join(map(encode, events[start : start + _EVENTS_PER_BLOCK]))[:-1]


def _size_of_records(path: Path) -> int:
    """The offset of a seal that does not fit its trace, else the size of the file."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = file.seek(max(0, size - _SEAL_TAIL_BYTES))
        seal = (b"\n" + file.read()).rfind(b"\n" + _SEAL_START)
    return size if seal < 0 else start + seal

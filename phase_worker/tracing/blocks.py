"""A trace as blocks of about a megabyte, each with the heads of its lines."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import BinaryIO

import numpy as np

from phase_worker.tracing.heads import COLUMNS, Heads, Kinds, heads_in, scan

_BLOCK_BYTES = 1 << 20
_ROW_BYTES = 4 * COLUMNS

# The part of a file that begins at an offset and has a size.
Read = Callable[[int, int], bytes]
# The bytes and the lines of each block.
Sizes = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a trace; `first_row` is the number of lines before them."""

    trace: str
    offset: int
    size_bytes: int
    first_row: int
    rows: int
    text: Callable[[], bytes]
    heads: Callable[[], Heads]


@dataclass(frozen=True, slots=True)
class Contents:
    """The kinds of a trace's records, and the blocks that they are in."""

    kinds: Kinds
    blocks: list[Block]


def scan_contents(trace: str, texts: Iterable[bytes], read: Read) -> Contents:
    """The contents of a trace that `read` reads and `texts` are; keeps about an eighth of its size in memory."""
    tables = BytesIO()
    kinds, sizes = write_tables(tables, texts)
    return Contents(kinds, place_blocks(trace, sizes, read, read_bytes(tables.getvalue())))


def write_tables(file: BinaryIO, texts: Iterable[bytes]) -> tuple[Kinds, Sizes]:
    """Scan blocks of whole lines; their tables go into the file one behind the other."""
    kinds = Kinds()
    sizes = []
    for text in texts:
        table = scan(text, kinds).table
        file.write(table.data)
        sizes.append((len(text), table.shape[1]))
    return kinds, sizes


def place_blocks(trace: str, sizes: Sizes, read: Read, read_tables: Read) -> list[Block]:
    """Blocks one behind the other, their text from the trace, their heads from what `write_tables` wrote."""
    blocks = []
    offset = first_row = 0
    for size_bytes, rows in sizes:
        text = partial(read, offset, size_bytes)
        heads = partial(_heads, read_tables, first_row, rows)
        blocks.append(Block(trace, offset, size_bytes, first_row, rows, text, heads))
        offset += size_bytes
        first_row += rows
    return blocks


def read_bytes(content: bytes) -> Read:
    """Reads what is in memory."""
    return lambda offset, size_bytes: content[offset : offset + size_bytes]


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes as blocks of whole lines; leaves out what is behind the last newline."""
    pieces: list[bytes] = []
    size_bytes = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end and size_bytes >= _BLOCK_BYTES:
            pieces.append(chunk[:end])
            yield _joined(pieces)
            pieces, size_bytes = [chunk[end:]], 0
        else:
            pieces.append(chunk)
            size_bytes += len(chunk)
    rest = _joined(pieces)
    if end := rest.rfind(b"\n") + 1:
        yield rest[:end]


def _joined(pieces: list[bytes]) -> bytes:
    """Lets go of the pieces: a line may be large."""
    text = b"".join(pieces)
    pieces.clear()
    return text


def _heads(read_tables: Read, first_row: int, rows: int) -> Heads:
    table = read_tables(first_row * _ROW_BYTES, rows * _ROW_BYTES)
    return heads_in(np.frombuffer(table, np.int32).reshape(COLUMNS, rows))

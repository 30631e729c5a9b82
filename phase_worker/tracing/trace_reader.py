"""Opens a trace, sealed in a file or held in memory, and gives its records."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.seal import SEAL_PREFIX, Seal, read_seal, verified_chunks
from phase_worker.contract.trace_text import TraceText, open_text
from phase_worker.events.event import Event
from phase_worker.tracing.blocks import Contents, read_bytes, scan_contents, whole_lines
from phase_worker.tracing.encoding import make_encoder
from phase_worker.tracing.heads import Kinds
from phase_worker.tracing.line_cursor import IntArray
from phase_worker.tracing.records import Records
from phase_worker.tracing.trace_index import indexed_contents

# Heads of a smaller trace are found faster than its index is read, and take less memory than a block of a larger one.
_INDEXED_BYTES = 64 << 20
_SEAL_START = SEAL_PREFIX + b'"events":'
_SEAL_TAIL_BYTES = 512


class Trace:
    """One trace; `seal` is None in memory, and where only a part can be trusted.

    `texts` gives all lines, in blocks, and verifies them again where there is a seal. `find_contents` is called when
    they are first asked for.
    """

    def __init__(
        self,
        name: str,
        texts: Callable[[], Iterable[bytes]],
        find_contents: Callable[[], Contents],
        seal: Seal | None = None,
    ) -> None:
        self.name = name
        self.seal = seal
        self.texts = texts
        self._find_contents = find_contents

    @property
    def kinds(self) -> Kinds:
        return self._contents.kinds

    @property
    def rows(self) -> int:
        """How many records there are."""
        return self.seal.events if self.seal else sum(block.rows for block in self._contents.blocks)

    def records(self) -> Iterator[Records]:
        """All records, a block at a time."""
        for block in self._contents.blocks:
            yield Records(block, block.heads(), np.arange(block.rows))

    def events_at(self, rows: Sequence[int] | IntArray) -> Iterator[Event]:
        """The events at `rows`, as of `records_at`."""
        for records in self.records_at(np.asarray(rows, np.int64)):
            yield from records.events()

    def records_at(self, rows: IntArray) -> Iterator[Records]:
        """The records at `rows`, which count from the trace's first line and are sorted."""
        blocks = self._contents.blocks
        numbers = np.searchsorted([block.first_row for block in blocks], rows, side="right") - 1
        for number in np.unique(numbers).tolist():
            block = blocks[number]
            yield Records(block, block.heads(), rows[numbers == number] - block.first_row)

    @cached_property
    def _contents(self) -> Contents:
        return self._find_contents()


def open_trace(path: Path, *, allow_partial: bool = False) -> Trace:
    """Verify the trace at `path` against its seal, reading all of it once.

    Raises InputTraceError when it is missing, unsealed or changed; with `allow_partial` an existing file's complete
    lines are taken without a valid seal.
    """
    try:
        return _open_sealed(path)
    except InputTraceError:
        if not (allow_partial and path.exists()):
            raise
    text = open_text(path)
    size_bytes = _size_of_records(text)
    return Trace(str(path), lambda: whole_lines(text.chunks(size_bytes)), partial(_scan_file, path, text, size_bytes))


def sealed_texts(path: Path, seal: Seal | None = None) -> Iterator[bytes]:
    """The lines of a sealed trace, in blocks; raises InputTraceError, behind the last where it was changed."""
    return whole_lines(verified_chunks(path, seal or read_seal(path)))


def trace_in_memory(name: str, events: list[Event]) -> Trace:
    """The trace that `events` would be in a file: what is read from it has been through JSON."""
    text = b"".join(map(make_encoder(), events))
    texts = [text] if text else []
    return Trace(name, lambda: texts, partial(scan_contents, name, texts, read_bytes(text)))


def _open_sealed(path: Path) -> Trace:
    seal = read_seal(path)
    text = open_text(path)
    texts = partial(sealed_texts, path, seal)
    if seal.size_bytes >= _INDEXED_BYTES:
        contents = indexed_contents(path, seal, text.read)
        if contents:
            return Trace(str(path), texts, lambda: contents, seal)
    for _ in verified_chunks(path, seal):
        pass
    return Trace(str(path), texts, partial(_scan_file, path, text, seal.size_bytes), seal)


def _scan_file(path: Path, text: TraceText, size_bytes: int) -> Contents:
    return scan_contents(str(path), whole_lines(text.chunks(size_bytes)), text.read)


def _size_of_records(text: TraceText) -> int:
    """The offset of a seal that does not fit its trace, else the size of the text."""
    start = max(0, text.size_bytes - _SEAL_TAIL_BYTES)
    seal = (b"\n" + text.read(start, _SEAL_TAIL_BYTES)).rfind(b"\n" + _SEAL_START)
    return text.size_bytes if seal < 0 else start + seal

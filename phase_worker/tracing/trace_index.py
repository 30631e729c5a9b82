"""The index of a large trace: the heads of its records in a file of their own, made when the trace is first opened.

The file: a sha256 of the rest (32 bytes), the tables of the blocks' heads, a JSON document that says what they are,
and its size (8 bytes). It is written for one file as it is on one disk, which whoever wrote it has verified: while
inode, size and times of the trace are the same, its bytes are not hashed again.
"""

import hashlib
import os
from io import BufferedRandom
from itertools import starmap
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract.paths import trace_index
from phase_worker.contract.seal import Seal, verified_chunks
from phase_worker.tracing.blocks import Contents, Read, place_blocks, whole_lines, write_tables
from phase_worker.tracing.heads import Kind, Kinds

_MadeFor = list[int | str]

_VERSION = 1
_DIGEST_BYTES = 32
_SIZE_BYTES = 8


def indexed_contents(trace: Path, seal: Seal, read: Read) -> Contents | None:
    """The contents of a verified trace; None, and nothing is verified, where no index can be written.

    Raises InputTraceError where the trace was changed.
    """
    path = trace_index(trace)
    status = trace.stat()
    made_for: _MadeFor = [_VERSION, seal.sha256, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    contents = _load(path, made_for, str(trace), read)
    if contents is None:
        try:
            _make(path, made_for, trace, seal)
        except OSError:
            return None
        contents = _load(path, made_for, str(trace), read)
    return contents


def _make(path: Path, made_for: _MadeFor, trace: Path, seal: Seal) -> None:
    """Verify the trace and write its index; not fsynced, since a torn one does not match its digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("x+b") as file:
        try:
            _write(file, made_for, trace, seal)
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)


def _write(file: BufferedRandom, made_for: _MadeFor, trace: Path, seal: Seal) -> None:
    file.write(bytes(_DIGEST_BYTES))
    kinds, sizes = write_tables(file, whole_lines(verified_chunks(trace, seal)))
    document = orjson.dumps({"made_for": made_for, "kinds": [list(kind) for kind in kinds], "sizes": sizes})
    file.write(document + len(document).to_bytes(_SIZE_BYTES, "little"))
    file.seek(_DIGEST_BYTES)
    digest = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    file.write(digest)
    file.flush()


def _load(path: Path, made_for: _MadeFor, trace: str, read: Read) -> Contents | None:
    """None where there is no index, or it is damaged, or was made for another file."""
    try:
        index = _IndexFile(path)
    except OSError:
        return None
    document = index.document()
    if document is None or document["made_for"] != made_for:
        return None
    kinds = Kinds(starmap(Kind, document["kinds"]))
    return Contents(kinds, place_blocks(trace, document["sizes"], read, index.read_tables))


class _IndexFile:
    """An index that stays readable for as long as it is used, even where it is deleted or replaced meanwhile."""

    def __init__(self, path: Path) -> None:
        self._fd = -1
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def document(self) -> dict[str, Any] | None:
        """None where the file is damaged."""
        with open(self._fd, "rb", closefd=False) as file:
            if file.read(_DIGEST_BYTES) != hashlib.file_digest(file, "sha256").digest():
                return None
            end = file.seek(-_SIZE_BYTES, os.SEEK_END)
            size_bytes = int.from_bytes(file.read(), "little")
            file.seek(end - size_bytes)
            document: dict[str, Any] = orjson.loads(file.read(size_bytes))
            return document

    def read_tables(self, offset: int, size_bytes: int) -> bytes:
        return os.pread(self._fd, size_bytes, _DIGEST_BYTES + offset)

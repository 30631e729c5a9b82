"""The text of a trace, wherever its bytes are: in a plain file, or in a compressed one."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from phase_worker.contract.zst import MAGIC, CompressedText, zstd

CHUNK_BYTES = 1 << 17  # malloc gives larger ones back to the system, to get them again with the next


class TraceText(Protocol):
    """Raises InputTraceError where the file cannot hold what is asked for."""

    size_bytes: int
    damage: str  # what is wrong with the file's end; empty where nothing is

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Up to `size_bytes` from `offset` on."""
        ...

    def chunks(self, size_bytes: int) -> Iterator[bytes]:
        """The first `size_bytes`, or all where there are fewer."""
        ...


class PlainText:
    """A file as it is."""

    damage = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size_bytes = path.stat().st_size

    def read(self, offset: int, size_bytes: int) -> bytes:
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(fd, size_bytes, offset)
        finally:
            os.close(fd)

    def chunks(self, size_bytes: int) -> Iterator[bytes]:
        with self._path.open("rb", buffering=0) as file:
            while size_bytes and (chunk := file.read(min(size_bytes, CHUNK_BYTES))):
                size_bytes -= len(chunk)
                yield chunk


def open_text(path: Path) -> TraceText:
    """The text of the file, which tells by its first bytes whether it is compressed; raises FileNotFoundError."""
    return CompressedText(path) if _is_compressed(path) else PlainText(path)


def open_lines(path: Path) -> BinaryIO:
    """The text of a verified trace as a file, to be read line by line."""
    file: BinaryIO = zstd().open(path) if _is_compressed(path) else path.open("rb")
    return file


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC

"""The bytes of a data file in chunks, decompressed as the end of its name says, within a limit."""

import errno
import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from phase_worker.contract import DataError, zstd

# Small enough that the arrays made of one chunk stay in the processor's cache.
CHUNK_BYTES = 256 * 1024
# Bars as text compress three to thirty times.
_LARGEST_RATIO = 200
_LARGEST_BYTES = 2 * 1024**3
_HARMLESS_BYTES = 16 * 1024**2


def read_chunks(path: Path) -> Iterator[bytes]:
    """Chunks of CHUNK_BYTES, the last one shorter; .gz, .zst and .zip, of one file, are decompressed.

    Raises DataError: E-GZIP, E-ZST, E-ZIP (truncated or corrupt), E-BOMB (more than 2 GiB, or than 200 times the
    file); OSError.
    """
    suffix = path.suffix.lower()
    if suffix in _COMPRESSIONS:
        yield from _decompress(path, *_COMPRESSIONS[suffix])
        return
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _decompress(path: Path, code: str, opened: Callable[[Path], Any]) -> Iterator[bytes]:
    limit = min(_LARGEST_BYTES, max(_HARMLESS_BYTES, _LARGEST_RATIO * path.stat().st_size))
    with _damage_told(path, code):
        file = opened(path)
    with file:
        while chunk := _read(file, path, code):
            limit -= len(chunk)
            if limit < 0:
                raise DataError(
                    f"decompresses to more than {_LARGEST_RATIO} times its size, or to more than 2 GiB. "
                    "If it is what you meant, decompress it yourself and give the .csv file.",
                    where=str(path),
                    code="E-BOMB",
                )
            yield chunk


def _read(file: IO[bytes], path: Path, code: str) -> bytes:
    with _damage_told(path, code):
        return file.read(CHUNK_BYTES)


@contextmanager
def _damage_told(path: Path, code: str) -> Iterator[None]:
    """What the libraries raise of a damaged file is a DataError; what the file system says stays its OSError."""
    damage = (EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError, struct.error)
    try:
        yield
    except (*damage, OSError, _zstd_error(code)) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # EINVAL: a place before byte 0
            raise
        raise DataError(f"the compressed file is truncated or corrupt: {error}", where=str(path), code=code) from None


def _zstd_error(code: str) -> type[Exception]:
    error: type[Exception] = zstd().ZstdError if code == "E-ZST" else EOFError
    return error


def _open_zip(path: Path) -> IO[bytes]:
    """The one member of an archive, which a closed archive still reads."""
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            names = ", ".join(member.filename for member in members[:5]) or "nothing"
            message = f"expected one file in the archive, found {len(members)}: {names}"
            raise DataError(message, where=str(path), code="E-ZIP")
        if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            message = f"packed by method {members[0].compress_type}: stored and deflated files are read"
            raise DataError(message, where=str(path), code="E-ZIP")
        return archive.open(members[0])


_COMPRESSIONS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    ".gz": ("E-GZIP", gzip.open),
    ".zst": ("E-ZST", lambda path: zstd().open(path)),
    ".zip": ("E-ZIP", _open_zip),
}

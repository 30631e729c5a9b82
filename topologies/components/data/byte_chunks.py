"""The bytes of a data file in chunks, decompressed where its name ends in .gz, within a limit."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from phase_worker.contract import DataError

# Small enough that the arrays made of one chunk stay in the processor's cache.
CHUNK_BYTES = 256 * 1024
# Bars as text compress three to thirty times.
_LARGEST_RATIO = 200
_LARGEST_BYTES = 2 * 1024**3
_HARMLESS_BYTES = 16 * 1024**2


def read_chunks(path: Path) -> Iterator[bytes]:
    """Chunks of CHUNK_BYTES, the last one shorter.

    Raises DataError: E-GZIP (truncated or corrupt), E-BOMB (more than 2 GiB, or than 200 times the file); OSError.
    """
    if path.name.lower().endswith(".gz"):
        yield from _decompress(path)
        return
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _decompress(path: Path) -> Iterator[bytes]:
    limit = min(_LARGEST_BYTES, max(_HARMLESS_BYTES, _LARGEST_RATIO * path.stat().st_size))
    with gzip.open(path) as file:
        while chunk := _read_compressed(file, path):
            limit -= len(chunk)
            if limit < 0:
                raise DataError(
                    f"decompresses to more than {_LARGEST_RATIO} times its size, or to more than 2 GiB. "
                    "If it is what you meant, decompress it yourself and give the .csv file.",
                    where=str(path),
                    code="E-BOMB",
                )
            yield chunk


def _read_compressed(file: gzip.GzipFile, path: Path) -> bytes:
    try:
        return file.read(CHUNK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"the gzip file is truncated or corrupt: {error}", where=str(path), code="E-GZIP") from None

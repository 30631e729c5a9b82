"""Compressed text: zstd frames of up to a mebibyte each, with a table of them at the end.

Any program that knows zstd reads the frames as one text, `zstdcat` for instance. The table is that of zstd's "seekable
format" (contrib/seekable_format in its repository): in a frame that such programs skip, the compressed and the plain
size of each frame, by which a part of the text is found without reading what is before it.
"""

import struct
import sys
from bisect import bisect_right
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

from phase_worker.contract.errors import ConfigError, InputTraceError

MAGIC = b"\x28\xb5\x2f\xfd"
FRAME_BYTES = 1 << 20
_LEVEL = 1  # of traces, twice as fast as the default of 3, and no larger
_LARGEST_FRAME_BYTES = FRAME_BYTES + (FRAME_BYTES >> 7)  # of what cannot be compressed

_Sizes = list[tuple[int, int]]  # compressed and plain, of each frame

_ENTRY = struct.Struct("<II")
_TABLE_HEADER = struct.Struct("<II")
_TABLE_FOOTER = struct.Struct("<IBI")
_TABLE_MAGIC, _FOOTER_MAGIC = 0x184D2A5E, 0x8F92EAB1


def zstd() -> Any:
    """The module compression.zstd of Python 3.14, or the package that brings it to older ones; raises ConfigError."""
    try:
        return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ImportError:
        raise ConfigError(
            "compressed traces need the package backports.zstd, which is not installed. "
            "Install it: pip install 'daybreak[zst]'",
            code="E-NOZST",
        ) from None


class Compressor:
    """Turns pieces of a text into frames; `table` is what comes behind the last."""

    def __init__(self) -> None:
        zst = zstd()
        options = {zst.CompressionParameter.compression_level: _LEVEL, zst.CompressionParameter.checksum_flag: 1}
        self._compress = zst.ZstdCompressor(options=options).compress
        self._end = zst.ZstdCompressor.FLUSH_FRAME
        self._sizes: _Sizes = []

    def frames(self, text: bytes | memoryview) -> Iterator[bytes]:
        for start in range(0, len(text), FRAME_BYTES):
            piece = text[start : start + FRAME_BYTES]
            frame: bytes = self._compress(piece, self._end)
            self._sizes.append((len(frame), len(piece)))
            yield frame

    def table(self) -> bytes:
        return _table(self._sizes)


class CompressedText:
    """The text of a compressed file; where the table is missing, that of all frames that are whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zst = zstd()
        sizes = self._read_table()
        self.damage = "" if sizes else "the table of its frames is cut off or changed"
        sizes = sizes or self._whole_frames()
        self._places = list(accumulate((compressed for compressed, _ in sizes), initial=0))
        self._offsets = list(accumulate((plain for _, plain in sizes), initial=0))
        self.size_bytes = self._offsets[-1]
        self._last: tuple[int, bytes] = -1, b""

    def read(self, offset: int, size_bytes: int) -> bytes:
        pieces = []
        end = min(offset + size_bytes, self.size_bytes)
        while offset < end:
            number = bisect_right(self._offsets, offset) - 1
            begin = self._offsets[number]
            pieces.append(self._frame(number)[offset - begin : end - begin])
            offset = self._offsets[number + 1]
        return b"".join(pieces)

    def chunks(self, size_bytes: int) -> Iterator[bytes]:
        for number, offset in enumerate(self._offsets[:-1]):
            if offset < size_bytes:
                yield self._frame(number)[: size_bytes - offset]

    def _frame(self, number: int) -> bytes:
        """The text of one frame; the last that was asked for is kept, since readers go from line to line."""
        if self._last[0] != number:
            self._last = number, self._decompressed(number)
        return self._last[1]

    def _decompressed(self, number: int) -> bytes:
        place, size_bytes = self._places[number], self._offsets[number + 1] - self._offsets[number]
        compressed = self._bytes_at(place, self._places[number + 1] - place)
        decompressor = self._zst.ZstdDecompressor()
        try:
            text: bytes = decompressor.decompress(compressed, size_bytes + 1)
        except self._zst.ZstdError:
            text = b""
        if len(text) != size_bytes or not decompressor.eof:
            raise InputTraceError(
                f"the compressed frame at byte {place} cannot be read: the trace was changed after it was sealed. Its "
                f"first {self._offsets[number]} uncompressed bytes can be. Delete it and run its phase again.",
                where=str(self._path),
            )
        return text

    def _read_table(self) -> _Sizes:
        """Nothing where the file does not end in the table of all that is before it."""
        end = self._path.stat().st_size
        footer = self._bytes_at(max(0, end - _TABLE_FOOTER.size), _TABLE_FOOTER.size)
        if len(footer) < _TABLE_FOOTER.size:
            return []
        frames, _, _ = _TABLE_FOOTER.unpack(footer)
        size_bytes = _TABLE_HEADER.size + frames * _ENTRY.size + _TABLE_FOOTER.size
        table = self._bytes_at(end - size_bytes, size_bytes) if size_bytes <= end else b""
        sizes: _Sizes = list(_ENTRY.iter_unpack(table[_TABLE_HEADER.size : -_TABLE_FOOTER.size]))
        intact = table == _table(sizes) and sum(compressed for compressed, _ in sizes) == end - size_bytes
        return sizes if intact and all(plain <= FRAME_BYTES for _, plain in sizes) else []

    def _whole_frames(self) -> _Sizes:
        sizes: _Sizes = []
        place = 0
        while (frame := self._bytes_at(place, _LARGEST_FRAME_BYTES)).startswith(MAGIC):
            try:
                size_bytes, plain = self._zst.get_frame_size(frame), self._zst.get_frame_info(frame).decompressed_size
            except self._zst.ZstdError:
                break
            if plain is None or plain > FRAME_BYTES:
                break
            sizes.append((size_bytes, plain))
            place += size_bytes
        return sizes

    def _bytes_at(self, place: int, size_bytes: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            file.seek(place)
            return file.read(size_bytes)


def _table(sizes: _Sizes) -> bytes:
    entries = b"".join(_ENTRY.pack(*frame) for frame in sizes)
    header = _TABLE_HEADER.pack(_TABLE_MAGIC, len(entries) + _TABLE_FOOTER.size)
    return header + entries + _TABLE_FOOTER.pack(len(sizes), 0, _FOOTER_MAGIC)

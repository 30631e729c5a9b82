"""The file of a trace in the making."""

import hashlib
import os
from pathlib import Path

from phase_worker.contract.files import publish, write_all
from phase_worker.contract.seal import Seal
from phase_worker.contract.zst import Compressor


class TraceFile:
    """Writes and hashes what it is given; not a trace until `seal` has published it.

    What is hashed is the text: compression does not change the seal.
    """

    def __init__(self, path: Path, *, compressed: bool) -> None:
        self._compressor = Compressor() if compressed else None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def write(self, content: bytes | memoryview) -> None:
        self._write(content)
        self._digest.update(content)
        self._size_bytes += len(content)

    def seal(self, events: int, final: Path) -> Seal:
        """Write the seal, make the file durable and publish it as `final`; raises FileExistsError if that exists.

        A failed fsync is not retried: the kernel may have dropped the pages, so the attempt is lost.
        """
        seal = Seal(events, self._digest.hexdigest(), "completed", self._size_bytes)
        self._write(seal.to_line())
        if self._compressor:
            write_all(self._fd, self._compressor.table())
        os.fsync(self._fd)
        self.close()
        publish(self._path, final)
        return seal

    def close(self) -> None:
        """Let go of the file, sealed or not."""
        if not self.closed:
            os.close(self._fd)
            self._fd = -1

    def _write(self, content: bytes | memoryview) -> None:
        for piece in self._compressor.frames(content) if self._compressor else (content,):
            write_all(self._fd, piece)

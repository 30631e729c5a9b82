"""The seal: the last line of a trace, which says that all before it is complete and unchanged."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import orjson

from phase_worker.contract.errors import InputTraceError

SEAL_PREFIX = b'{"event_type":"SEAL",'
_SEAL_LINE_MAX_BYTES = 512
_FIRST_LINE_MAX_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Seal:
    """`events` lines of `size_bytes` bytes in all stand before the seal; `sha256` is theirs."""

    events: int
    sha256: str
    status: str
    size_bytes: int

    def to_line(self) -> bytes:
        return orjson.dumps(
            {
                "event_type": "SEAL",
                "events": self.events,
                "sha256": self.sha256,
                "status": self.status,
                "size_bytes": self.size_bytes,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )


def read_seal(path: Path) -> Seal:
    """Read the seal without reading the trace; raises InputTraceError where there is none.

    The error names the last good offset: all complete lines before it can still be read for forensics.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputTraceError(
            "there is no such trace. Was its phase run, and is this the run's traces directory?", where=str(path)
        ) from None
    try:
        size = os.fstat(fd).st_size
        tail = os.pread(fd, _SEAL_LINE_MAX_BYTES, max(0, size - _SEAL_LINE_MAX_BYTES))
    finally:
        os.close(fd)
    if not tail.endswith(b"\n"):
        raise _unsealed(path, "the last line is cut off")
    start = tail.rfind(b"\n", 0, -1) + 1
    line = tail[start:]
    if not line.startswith(SEAL_PREFIX):
        raise _unsealed(path, "the last line is not a seal")
    try:
        document = orjson.loads(line)
        seal = Seal(document["events"], document["sha256"], document["status"], document["size_bytes"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise _unsealed(path, "the last line is not a valid seal") from None
    if seal.to_line() != line or seal.status != "completed":
        raise _unsealed(path, "the last line is not a valid seal")
    if seal.size_bytes != size - len(line):
        raise InputTraceError(
            f"the seal speaks of {seal.size_bytes} bytes, but {size - len(line)} stand before it: the trace was "
            "changed after it was sealed. Delete it and run its phase again.",
            where=str(path),
        )
    return seal


def verify_trace(path: Path) -> Seal:
    """Read the whole trace and compare it with its seal; raises InputTraceError on any difference."""
    seal = read_seal(path)
    digest = hashlib.sha256()
    left, lines = seal.size_bytes, 0
    with path.open("rb", buffering=0) as file:
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            left -= len(chunk)
    if digest.hexdigest() != seal.sha256:
        raise InputTraceError(
            f"the bytes have sha256 {digest.hexdigest()[:12]}…, the seal says {seal.sha256[:12]}…: the trace was "
            "changed after it was sealed. Delete it and run its phase again.",
            where=str(path),
        )
    if lines != seal.events:
        raise InputTraceError(f"the seal counts {seal.events} events, but there are {lines}", where=str(path))
    return seal


def request_digest_of(path: Path) -> str:
    """The digest of the request that this trace answers, from its first record."""
    with path.open("rb") as file:
        line = file.readline(_FIRST_LINE_MAX_BYTES)
    try:
        return str(orjson.loads(line)["payload"]["request_digest"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InputTraceError("the first record names no request", where=f"{path}:1") from None


def _unsealed(path: Path, why: str) -> InputTraceError:
    return InputTraceError(
        f"the trace is not sealed: {why}. Its last good offset is {_last_good_offset(path)}. "
        "Run its phase again, or read it with allow_partial=True.",
        where=str(path),
        code="E-UNSEALED",
    )


def _last_good_offset(path: Path) -> int:
    """The offset behind the last complete line."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position:
            start = max(0, position - _CHUNK_BYTES)
            file.seek(start)
            newline = file.read(position - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            position = start
    return 0

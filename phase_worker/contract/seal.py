"""The seal: the last line of a trace, which says that all before it is complete and unchanged."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from phase_worker.contract.errors import InputTraceError
from phase_worker.contract.trace_text import CHUNK_BYTES, TraceText, open_text

SEAL_PREFIX = b'{"event_type":"SEAL",'
_SEAL_LINE_MAX_BYTES = 512
_FIRST_LINE_MAX_BYTES = 64 * 1024 * 1024


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
        text = open_text(path)
    except FileNotFoundError:
        raise InputTraceError(
            "there is no such trace. Was its phase run, and is this the run's traces directory?", where=str(path)
        ) from None
    if text.damage:
        raise _unsealed(path, text, text.damage)
    size = text.size_bytes
    tail = text.read(max(0, size - _SEAL_LINE_MAX_BYTES), _SEAL_LINE_MAX_BYTES)
    if not tail.endswith(b"\n"):
        raise _unsealed(path, text, "the last line is cut off")
    start = tail.rfind(b"\n", 0, -1) + 1
    line = tail[start:]
    if not line.startswith(SEAL_PREFIX):
        raise _unsealed(path, text, "the last line is not a seal")
    try:
        document = orjson.loads(line)
        seal = Seal(document["events"], document["sha256"], document["status"], document["size_bytes"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise _unsealed(path, text, "the last line is not a valid seal") from None
    if seal.to_line() != line or seal.status != "completed":
        raise _unsealed(path, text, "the last line is not a valid seal")
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
    for _ in verified_chunks(path, seal):
        pass
    return seal


def verified_chunks(path: Path, seal: Seal) -> Iterator[bytes]:
    """The bytes before the seal; behind the last, InputTraceError where they are not what was sealed."""
    digest = hashlib.sha256()
    lines = 0
    for chunk in open_text(path).chunks(seal.size_bytes):
        digest.update(chunk)
        lines += len(chunk) - len(chunk.replace(b"\n", b""))  # five times as fast as chunk.count(b"\n")
        yield chunk
    if digest.hexdigest() != seal.sha256:
        raise InputTraceError(
            f"the bytes have sha256 {digest.hexdigest()[:12]}…, the seal says {seal.sha256[:12]}…: the trace was "
            "changed after it was sealed. Delete it and run its phase again.",
            where=str(path),
        )
    if lines != seal.events:
        raise InputTraceError(f"the seal counts {seal.events} events, but there are {lines}", where=str(path))


def request_digest_of(path: Path) -> str:
    """The digest of the request that this trace answers, from its first record."""
    line = b""
    for chunk in open_text(path).chunks(_FIRST_LINE_MAX_BYTES):
        line += chunk
        if b"\n" in chunk:
            break
    try:
        return str(orjson.loads(line.partition(b"\n")[0])["payload"]["request_digest"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InputTraceError("the first record names no request", where=f"{path}:1") from None


def _unsealed(path: Path, text: TraceText, why: str) -> InputTraceError:
    return InputTraceError(
        f"the trace is not sealed: {why}. Its last good offset is {_last_good_offset(text)}. "
        "Run its phase again, or read it with allow_partial=True.",
        where=str(path),
        code="E-UNSEALED",
    )


def _last_good_offset(text: TraceText) -> int:
    """The offset behind the last complete line."""
    position = text.size_bytes
    while position:
        start = max(0, position - CHUNK_BYTES)
        newline = text.read(start, position - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0

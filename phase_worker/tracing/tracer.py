"""The tracer: writes each event as one JSON line, and seals the file at the end."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, did_you_mean
from phase_worker.contract.files import publish, write_all
from phase_worker.contract.seal import Seal
from phase_worker.events.event import Event

_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_BUFFER_BYTES = 1 << 20

_METRICS = frozenset(
    {
        "TRACE_OPEN",
        "DATA",
        "DATA_WARNING",
        "SELECTION",
        "WINDOW",
        "EQUITY_CURVE",
        "PORTFOLIO_METRICS",
        "REGIME_CHANGE",
    }
)
_TRADES = _METRICS | {"FILL", "POSITION_OPEN", "POSITION_CLOSE"}
# What each trace level keeps; `full` keeps every event, user-defined types included.
TRACE_LEVELS: dict[str, frozenset[str] | None] = {"full": None, "trades": _TRADES, "metrics": _METRICS}


def make_encoder() -> Callable[[Event], bytes]:
    """A function that gives the record of an event: one line, `event_type` first, the rest as readers expect it."""
    # One dict for all records: to make a new one takes half as long again as to serialise it.
    record: dict[str, Any] = {}

    def encode(event: Event) -> bytes:
        record["event_type"] = event.event_type
        record["event_id"] = event.event_id
        record["timestamp"] = event.timestamp
        record["source_id"] = event.source_id
        record["causation_id"] = event.causation_id
        record["correlation_id"] = event.correlation_id
        record["payload"] = event.payload
        return orjson.dumps(record, None, _OPTIONS)

    return encode


class UnifiedTracer:
    """Records the events of one bus: in memory, or, when a `path` is given, in that file.

    `enable_event_tracing=False` records nothing. The file is not a trace until `seal` has published it.
    """

    def __init__(
        self, trace_id: str = "", enable_event_tracing: bool = True, *, path: Path | None = None, level: str = "full"
    ) -> None:
        self.trace_id = trace_id
        self.events: list[Event] = []
        if level not in TRACE_LEVELS:
            raise ConfigError(f"unknown trace level {level!r}. {did_you_mean(str(level), TRACE_LEVELS)}")
        self._kept_types = TRACE_LEVELS[level] if enable_event_tracing else frozenset()
        self._path = path
        self._fd = _create(path) if path else -1
        self._encode = make_encoder()
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self.recorded = 0
        self._size_bytes = 0

    def record(self, event: Event) -> None:
        """Keep `event` if the trace level asks for its type."""
        if self._kept_types is not None and event.event_type not in self._kept_types:
            return
        if self._path is None:
            self.events.append(event)
        else:
            self._buffer += self._encode(event)
            if len(self._buffer) >= _BUFFER_BYTES:
                self._flush()
        self.recorded += 1

    def seal(self, final: Path) -> Seal:
        """Write the seal, make the file durable and publish it as `final`; raises FileExistsError if that exists.

        A failed fsync is not retried: the kernel may have dropped the pages, so the attempt is lost.
        """
        if self._path is None:
            raise RuntimeError("an in-memory trace cannot be sealed: give UnifiedTracer a path")
        self._flush()
        seal = Seal(self.recorded, self._digest.hexdigest(), "completed", self._size_bytes)
        write_all(self._fd, seal.to_line())
        os.fsync(self._fd)
        self.close()
        publish(self._path, final)
        return seal

    def close(self) -> None:
        """Write out what is buffered and let go of the file, sealed or not."""
        if self._fd >= 0:
            self._flush()
            os.close(self._fd)
            self._fd = -1
            self._encode = _refuse

    def _flush(self) -> None:
        written, self._buffer = self._buffer, bytearray()  # let go of first: a failed write is not repeated
        self._write(written)

    def _write(self, content: bytes | bytearray) -> None:
        write_all(self._fd, content)
        self._digest.update(content)
        self._size_bytes += len(content)


def _refuse(event: Event) -> bytes:
    raise RuntimeError(f"{event.event_type} #{event.event_id} comes after the trace was closed")


def _create(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

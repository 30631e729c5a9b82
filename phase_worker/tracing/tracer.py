"""The tracer: writes each event as one JSON line, and seals the file at the end."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from phase_worker.contract.errors import ConfigError, did_you_mean
from phase_worker.contract.seal import Seal
from phase_worker.contract.zst import FRAME_BYTES
from phase_worker.events.event import Event
from phase_worker.tracing.encoding import encode_in_parts, has_columns, make_encoder
from phase_worker.tracing.trace_file import TraceFile

_BUFFER_BYTES = FRAME_BYTES - (FRAME_BYTES >> 4)  # with the record that fills it, one compressed frame as a rule

_METRICS = frozenset(
    {
        "TRACE_OPEN",
        "DATA",
        "DATA_WARNING",
        "PHASE_SKIPPED",
        "SELECTION",
        "WINDOW",
        "EQUITY_CURVE",
        "PORTFOLIO_METRICS",
        "STATISTICS",
        "DISTRIBUTION",
        "CONTRIBUTION",
        "REGIME_CHANGE",
    }
)
_TRADES = _METRICS | {"FILL", "ORDER_REDUCED", "POSITION_OPEN", "POSITION_CLOSE"}
# What each trace level keeps; `full` keeps every event, user-defined types included.
TRACE_LEVELS: dict[str, frozenset[str] | None] = {"full": None, "trades": _TRADES, "metrics": _METRICS}


class UnifiedTracer:
    """Records the events of one bus: in memory, or, when a `path` is given, in that file.

    `enable_event_tracing=False` records nothing. The file is not a trace until `seal` has published it;
    `compressed` by zstd, it has the same seal.
    """

    def __init__(
        self,
        trace_id: str = "",
        enable_event_tracing: bool = True,
        *,
        path: Path | None = None,
        level: str = "full",
        compressed: bool = False,
    ) -> None:
        self.trace_id = trace_id
        self.events: list[Event] = []
        if level not in TRACE_LEVELS:
            raise ConfigError(f"unknown trace level {level!r}. {did_you_mean(str(level), TRACE_LEVELS)}")
        self._kept_types = TRACE_LEVELS[level] if enable_event_tracing else frozenset()
        self._plain_types: set[str] = set()  # those that are kept, in the file, and had no columns so far
        self._file = TraceFile(path, compressed=compressed) if path else None
        self._buffer = BytesIO()  # used again and again: what is freed and taken anew costs page faults
        self.recorded = 0
        # Keeps an event if the trace level asks for its type.
        self.record = self._recorder()

    def seal(self, final: Path) -> Seal:
        """Write the seal, make the file durable and publish it as `final`; raises FileExistsError if that exists.

        A failed fsync is not retried: the kernel may have dropped the pages, so the attempt is lost.
        """
        if self._file is None:
            raise RuntimeError("an in-memory trace cannot be sealed: give UnifiedTracer a path")
        self._flush()
        seal = self._file.seal(self.recorded, final)
        self.close()
        return seal

    def close(self) -> None:
        """Write out what is buffered and let go of the file, sealed or not."""
        if self._file is not None:
            self._flush()
            self._file.close()
            self._plain_types.clear()

    def _recorder(self) -> Callable[[Event], None]:
        """A function, since a method would look up all of this anew for every event."""
        plain_types, is_plain, encode, write = self._plain_types, self._is_plain, make_encoder(), self._buffer.write
        buffered_bytes = 0

        def record(event: Event) -> None:
            nonlocal buffered_bytes
            if event.event_type in plain_types or is_plain(event):
                buffered_bytes += write(encode(event))
                self.recorded += 1
                if buffered_bytes >= _BUFFER_BYTES:
                    buffered_bytes = 0
                    self._flush()

        return record

    def _is_plain(self, event: Event) -> bool:
        """Whether the event is to be written as one line; keeps it here where it is to be kept otherwise."""
        if self._kept_types is not None and event.event_type not in self._kept_types:
            return False
        if self._file is None:
            self.events.append(event)
        elif self._file.closed:
            raise RuntimeError(f"{event.event_type} #{event.event_id} comes after the trace was closed")
        elif has_columns(event):
            self._flush()
            self._write_in_parts(event, self._file)
        else:
            self._plain_types.add(event.event_type)
            return True
        self.recorded += 1
        return False

    def _write_in_parts(self, event: Event, file: TraceFile) -> None:
        try:
            for part in encode_in_parts(event):
                file.write(part)
        except TypeError:  # half of a line is written: nothing may follow it
            self.close()
            raise

    def _flush(self) -> None:
        size_bytes = self._buffer.tell()
        self._buffer.seek(0)  # first: a failed write is not repeated
        if self._file is not None:
            with self._buffer.getbuffer() as buffered:
                self._file.write(buffered[:size_bytes])

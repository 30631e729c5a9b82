"""Some records of a trace: their lines, their payloads, or the events that they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import orjson

from phase_worker.contract.errors import InputTraceError
from phase_worker.events.event import Event
from phase_worker.tracing.blocks import Block
from phase_worker.tracing.heads import Heads, Int32Array
from phase_worker.tracing.line_cursor import IntArray

# As Event takes them by position, which is twice as fast as by name.
_FIELDS = itemgetter("event_type", "timestamp", "source_id", "payload", "event_id", "causation_id", "correlation_id")


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of one block, in order; `rows` count from the block's first line."""

    block: Block
    heads: Heads
    rows: IntArray

    def lines(self) -> list[bytes]:
        """Their lines, without newlines."""
        return self._texts(self.heads.starts, len("\n"))

    def events(self) -> Iterator[Event]:
        """The events that they are; raises InputTraceError at the first that is none."""
        for row, line in zip(self.rows, self.lines(), strict=True):
            try:
                event = Event(*_FIELDS(orjson.loads(line)))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise self._unreadable(row) from None
            yield event

    def payloads(self) -> list[dict[str, Any]]:
        """The payloads of the events; raises like `events`."""
        texts = self._texts(self.heads.payloads, len("}\n"))
        try:
            payloads: list[dict[str, Any]] = orjson.loads(b"[%b]" % b",".join(texts))
        except orjson.JSONDecodeError:
            payloads = []
        return payloads if len(payloads) == len(texts) else [event.payload for event in self.events()]

    def require_readable(self) -> None:
        """Raise InputTraceError where a line of the block is no record."""
        damaged = np.flatnonzero(self.heads.kinds == 0)
        if len(damaged):
            raise self._unreadable(damaged[0])

    def _texts(self, starts: Int32Array, end: int) -> list[bytes]:
        """The bytes from `starts` on, but for the `end` last ones of each line."""
        text = self.block.text()
        next_starts = np.append(self.heads.starts[1:], self.block.size_bytes)
        ends = next_starts[self.rows] - end
        return [text[begin:stop] for begin, stop in zip(starts[self.rows].tolist(), ends.tolist(), strict=True)]

    def _unreadable(self, row: int) -> InputTraceError:
        return InputTraceError(
            f"the line at byte {self.block.offset + int(self.heads.starts[row])} is not a record of this version. "
            "All lines before it can be read. Run the trace's phase again.",
            where=self.block.trace,
        )

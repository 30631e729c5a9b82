"""Writing a trace: events through the bus to a sealed file, against `orjson.dumps` of the same dicts in a loop."""

import json
import sys
import time
from pathlib import Path

import orjson

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer

_PAYLOAD = {
    "symbol": "BARS",
    "bar": 61,
    "side": "BUY",
    "quantity": 100.0,
    "price": 99.882,
    "commission": 0.0,
    "slippage": 0.0,
    "cash": 90011.8,
    "position": 100.0,
}


def main(count: int) -> None:
    """Write `count` fills both ways; every time is the processor's."""
    started_s = time.process_time()
    bus, tracer = EventBus(), UnifiedTracer(path=Path("partial.jsonl"))
    bus.attach_tracer(tracer)
    for _ in range(count):
        bus.publish(Event("FILL", "2015-01-01T01:01:00Z", "broker", _PAYLOAD))
    tracer.seal(Path("sealed.jsonl"))
    written_s = time.process_time()
    last = _dump(count)
    dumped_s = time.process_time()
    assert last == Path("sealed.jsonl").read_bytes().splitlines(keepends=True)[-2]
    print(json.dumps({"trace_s": (written_s - started_s) / count, "dumps_s": (dumped_s - written_s) / count}))


def _dump(count: int) -> bytes:
    """The last of the lines."""
    record = {
        "event_type": "FILL",
        "event_id": 0,
        "timestamp": "2015-01-01T01:01:00Z",
        "source_id": "broker",
        "causation_id": None,
        "correlation_id": 0,
        "payload": _PAYLOAD,
    }
    line = b""
    for number in range(count):
        record["event_id"] = record["correlation_id"] = number
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    return line


if __name__ == "__main__":
    main(int(sys.argv[1]))

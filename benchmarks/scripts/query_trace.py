"""One question to a trace by TraceQuery: `python -m … QUESTION FILE EVENT_ID [new]`, `new` as at first."""

import json
import sys
import time
from math import fsum
from pathlib import Path
from typing import Any

from phase_worker.tracing.query import TraceQuery


def summary(query: TraceQuery, _event_id: int) -> Any:
    found = query.get_summary()
    types = {name: count for name, count in found["event_types"].items() if name != "TRACE_OPEN"}
    return [sorted(types.items()), found["first_timestamp"], found["last_timestamp"]]


def fills(query: TraceQuery, _event_id: int) -> Any:
    prices = [event.payload["price"] for event in query.iter_events("FILL")]
    return [len(prices), round(fsum(prices), 2)]


def chain(query: TraceQuery, event_id: int) -> Any:
    return [event.event_id for event in query.get_event_chain(event_id)]


def paths(query: TraceQuery, _event_id: int) -> Any:
    event_ids = query.get_signal_to_fill_paths().event_ids
    return [*event_ids.shape, *event_ids.sum(axis=0).tolist()]


def column(query: TraceQuery, _event_id: int) -> Any:
    prices = query.column("FILL", "price")
    return [len(prices), round(fsum(prices), 2)]


def main(question: str, trace: Path, event_id: int, *options: str) -> None:
    if options:  # an index lies beside the name by which a trace was opened
        trace, there = Path("trace.jsonl"), trace
        trace.symlink_to(there)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = globals()[question](TraceQuery(trace), event_id)
    facts = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s, "answer": answer}
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])

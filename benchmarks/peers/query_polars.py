"""One question to a trace by polars, which is told the types of what it needs: `python … QUESTION FILE EVENT_ID`."""

import json
import sys
import time
from math import fsum
from typing import Any

import polars as pl

_FILL = {
    "symbol": pl.String,
    "bar": pl.Int64,
    "side": pl.String,
    "quantity": pl.Float64,
    "price": pl.Float64,
    "commission": pl.Float64,
    "slippage": pl.Float64,
    "cash": pl.Float64,
    "position": pl.Float64,
}
_TYPES: dict[str, Any] = {
    "event_type": pl.String,
    "event_id": pl.Int64,
    "timestamp": pl.String,
    "source_id": pl.String,
    "causation_id": pl.Int64,
    "correlation_id": pl.Int64,
    "payload": pl.Struct(_FILL),
}


def events(trace: str, *columns: str, **types: Any) -> pl.LazyFrame:
    return pl.scan_ndjson(trace, schema={name: _TYPES[name] for name in columns} | types)


def summary(trace: str, _event_id: int) -> Any:
    timed = events(trace, "event_type", "timestamp").filter(pl.col("timestamp").is_not_null())
    times = pl.col("timestamp")
    rows = timed.group_by("event_type").agg(pl.len(), times.min().alias("first"), times.max().alias("last"))
    found = rows.collect(engine="streaming").rows()
    first, last = min(row[2] for row in found), max(row[3] for row in found)
    return [sorted([event_type, count] for event_type, count, _, _ in found), first, last]


def fills(trace: str, _event_id: int) -> Any:
    found = events(trace, *_TYPES).filter(pl.col("event_type") == "FILL").unnest("payload").collect(engine="streaming")
    return [len(found), round(fsum(found["price"]), 2)]


def chain(trace: str, event_id: int) -> Any:
    found = events(trace, *_TYPES).filter(pl.col("correlation_id") == event_id).collect(engine="streaming")
    return sorted(found["event_id"])


def paths(trace: str, _event_id: int) -> Any:
    every = events(trace, "event_type", "event_id", "causation_id").collect(engine="streaming").lazy()
    found = _of_type(every, "FILL", "d")
    for event_type, effect, cause in (("ORDER", "d", "c"), ("RISK_DECISION", "c", "b"), ("SIGNAL", "b", "a")):
        found = found.join(
            _of_type(every, event_type, cause), left_on=f"cause of {effect}", right_on=cause, coalesce=False
        )
    frame = found.select("a", "b", "c", "d").collect(engine="streaming")
    return [len(frame), 4, *(int(frame[name].sum()) for name in "abcd")]


def _of_type(every: pl.LazyFrame, event_type: str, name: str) -> pl.LazyFrame:
    chosen = every.filter(pl.col("event_type") == event_type)
    return chosen.select(pl.col("event_id").alias(name), pl.col("causation_id").alias(f"cause of {name}"))


def column(trace: str, _event_id: int) -> Any:
    price = events(trace, "event_type", payload=pl.Struct({"price": pl.Float64}))
    chosen = price.filter(pl.col("event_type") == "FILL").select(pl.col("payload").struct.field("price"))
    prices = chosen.collect(engine="streaming")["price"].to_numpy()
    return [len(prices), round(fsum(prices), 2)]


if __name__ == "__main__":
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    facts = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s, "answer": answer}
    print(json.dumps(facts))

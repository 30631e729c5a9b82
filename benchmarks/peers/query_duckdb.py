"""One question to a trace by DuckDB, which is told the types of what it needs: `python … QUESTION FILE EVENT_ID`."""

import json
import sys
import time
from math import fsum
from typing import Any

import duckdb

_TYPES = {
    "event_type": "VARCHAR",
    "event_id": "BIGINT",
    "timestamp": "VARCHAR",
    "source_id": "VARCHAR",
    "causation_id": "BIGINT",
    "correlation_id": "BIGINT",
    "payload": "JSON",
}


def events(trace: str, *columns: str, **types: str) -> str:
    chosen = {name: _TYPES[name] for name in columns} | types
    return f"(select * from read_json('{trace}', format = 'newline_delimited', columns = {chosen}))"


def summary(trace: str, _event_id: int) -> Any:
    query = "select event_type, count(*), min(timestamp), max(timestamp) from {} where timestamp is not null group by 1"
    rows = duckdb.sql(query.format(events(trace, "event_type", "timestamp"))).fetchall()
    first, last = min(row[2] for row in rows), max(row[3] for row in rows)
    return [sorted([event_type, count] for event_type, count, _, _ in rows), first, last]


def fills(trace: str, _event_id: int) -> Any:
    query = "select * exclude payload, payload.* from {} where event_type = 'FILL'"
    fields = "STRUCT(symbol VARCHAR, bar BIGINT, side VARCHAR, quantity DOUBLE, price DOUBLE, commission DOUBLE, "
    fields += "slippage DOUBLE, cash DOUBLE, position DOUBLE)"
    found = duckdb.sql(query.format(events(trace, *_TYPES, payload=fields))).to_arrow_table()
    return [len(found), round(fsum(found["price"].to_pylist()), 2)]


def chain(trace: str, event_id: int) -> Any:
    rows = duckdb.sql(f"select * from {events(trace, *_TYPES)} where correlation_id = {event_id}").fetchall()
    return sorted(row[1] for row in rows)


def paths(trace: str, _event_id: int) -> Any:
    query = """
        with events as materialized {}
        select signal.event_id as a, risk.event_id as b, sent.event_id as c, fill.event_id as d from events as fill
        join events as sent on fill.causation_id = sent.event_id and sent.event_type = 'ORDER'
        join events as risk on sent.causation_id = risk.event_id and risk.event_type = 'RISK_DECISION'
        join events as signal on risk.causation_id = signal.event_id and signal.event_type = 'SIGNAL'
        where fill.event_type = 'FILL'
    """
    found = duckdb.sql(query.format(events(trace, "event_type", "event_id", "causation_id"))).fetchnumpy()
    return [len(found["a"]), 4, *(int(found[name].sum()) for name in "abcd")]


def column(trace: str, _event_id: int) -> Any:
    query = "select payload.price as price from {} where event_type = 'FILL'"
    prices = duckdb.sql(query.format(events(trace, "event_type", payload="STRUCT(price DOUBLE)"))).fetchnumpy()["price"]
    return [len(prices), round(fsum(prices), 2)]


if __name__ == "__main__":
    duckdb.sql("select 1")  # makes the connection
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    answer = globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    facts = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s, "answer": answer}
    print(json.dumps(facts))

"""SQL over traces: the tables, what fills them, and what a query cannot reach."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from phase_worker.contract.errors import ConfigError, InputTraceError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.sql_tables import EVENT_TABLES
from phase_worker.tracing.tracer import UnifiedTracer

pytest.importorskip("duckdb")

MakeTrace = Callable[..., Path]
FILLS = "select phase, timestamp, price, event_id, causation_id from fills"
FILLED = [
    ("train", datetime(2020, 1, 3, tzinfo=UTC), 102.0, 4, 3),
    ("train", datetime(2020, 1, 6, tzinfo=UTC), 105.0, 10, 9),
]


def test_a_table_has_a_row_for_each_event_of_its_type(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace())
    assert query.sql(FILLS).fetchall() == FILLED
    assert query.sql("select count(*) from signals join orders using (correlation_id)").fetchall() == [(2,)]
    assert query.sql("select distinct workflow_id from events").fetchall() == [("run",)]


def test_all_events_are_in_the_table_events(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace())
    rows = query.sql("select event_id, event_type, source_id, causation_id, correlation_id from events").fetchall()
    assert rows == [(e.event_id, e.event_type, e.source_id, e.causation_id, e.correlation_id) for e in query.events]
    assert query.sql("select payload->>'side' from events where event_type = 'ORDER'").fetchall() == [("BUY",)] * 2


def test_the_equity_has_a_row_for_each_bar(make_trace: MakeTrace) -> None:
    rows = TraceQuery(make_trace()).sql("select timestamp, equity from equity").fetchall()
    assert len(rows) == 8
    assert rows[0] == (datetime(2020, 1, 1, tzinfo=UTC), 1000.0)


def test_tables_of_what_never_happened_are_empty_and_have_their_columns(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace(lambda bus: bus.publish(Event("NOTE", None, "me"))))
    for name, table in EVENT_TABLES.items():
        relation = query.sql(f"from {name}")
        assert relation.columns == list(table.columns)
        assert len(relation.fetchall()) == (1 if name == "events" else 0)


@pytest.mark.parametrize("name", ["run_train.jsonl.zst", "run_train.jsonl"])
def test_a_compressed_trace_is_queried_like_any_other(make_trace: MakeTrace, name: str) -> None:
    assert TraceQuery(make_trace(name=name, compressed=name.endswith("zst"))).sql(FILLS).fetchall() == FILLED


def test_a_trace_in_memory_is_queried_like_any_other(record_in_memory: Callable[..., UnifiedTracer]) -> None:
    rows = TraceQuery(record_in_memory()).sql(FILLS).fetchall()
    assert rows == [(None, *row[1:]) for row in FILLED]


def test_several_traces_are_told_apart_by_their_phases(make_trace: MakeTrace) -> None:
    query = TraceQuery([make_trace(), make_trace(name="a_run.2_test-01.jsonl")])
    rows = query.sql("select workflow_id, phase, count(*) from fills group by all order by all").fetchall()
    assert rows == [("a_run.2", "test-01", 2), ("run", "train", 2)]


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # DuckDB 2.0 and pandas 3.1
def test_answers_are_data_frames_too(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace())
    for library, as_frame in (("polars", "pl"), ("pandas", "df")):
        pytest.importorskip(library)
        assert list(getattr(query.sql("from fills"), as_frame)()["price"]) == [102.0, 105.0]


@pytest.mark.parametrize(
    "sql",
    [
        "select price from Fills",
        'select price from "fills"',
        "with mine as (from fills) select price from mine",
        "select fills.price from orders join fills using (correlation_id)",
        "select (select 1 from orders limit 1), price from fills",
        "pivot fills on symbol using sum(price) group by price",
    ],
)
def test_a_query_may_name_its_tables_in_any_way(make_trace: MakeTrace, sql: str) -> None:
    assert len(TraceQuery(make_trace()).sql(sql).fetchall()) == 2


def test_a_trace_that_was_changed_since_it_was_opened_is_refused(make_trace: MakeTrace) -> None:
    path = make_trace()
    query = TraceQuery(path)
    intact = path.read_bytes()
    path.write_bytes(intact.replace(b"102.0", b"902.0"))
    with pytest.raises(InputTraceError, match="changed after it was sealed"):
        query.sql(FILLS)
    path.write_bytes(intact)
    assert query.sql(FILLS).fetchall() == FILLED


def changed(trace: Path, old: bytes, new: bytes) -> TraceQuery:
    """A query of what the trace would be without its seal."""
    copy = trace.with_name("run_copy.jsonl")
    copy.write_bytes(trace.read_bytes().replace(old, new))
    return TraceQuery(copy, allow_partial=True)


def test_only_the_records_of_the_tables_are_parsed(make_trace: MakeTrace) -> None:
    query = changed(make_trace(), b'"quantity":1.5', b'"quantity":1.5.5')
    assert query.sql("select count(*) from orders").fetchall() == [(2,)]
    with pytest.raises(InputTraceError, match="does not fit into the table fills"):
        query.sql("from fills")


def test_a_table_is_filled_once_though_it_was_tried_before(make_trace: MakeTrace) -> None:
    def publish(bus: EventBus) -> None:
        bus.publish(Event("ORDER", None, "me", {}))
        bus.publish(Event("FILL", None, "me", {"cash": "much"}))

    query = TraceQuery(make_trace(publish))
    with pytest.raises(InputTraceError, match="does not fit into the table fills"):
        query.sql("from orders, fills")
    assert query.sql("select count(*) from orders").fetchall() == [(1,)]


def test_what_only_looks_like_a_record_is_none(make_trace: MakeTrace) -> None:
    def publish(bus: EventBus) -> None:
        bus.publish(Event("NOTE", None, "me", {"inner": {"event_type": "FILL", "price": 1.0}}))
        bus.publish(Event("FILLED", None, "me", {"price": 2.0}))
        bus.publish(Event("FILL", None, "me", {"price": 3.0, "note": '\n{"event_type":"FILL",'}))

    assert TraceQuery(make_trace(publish)).sql("select price from fills").fetchall() == [(3.0,)]


def test_a_payload_of_another_form_is_named_not_dropped(make_trace: MakeTrace) -> None:
    query = TraceQuery(make_trace(lambda bus: bus.publish(Event("FILL", None, "me", {"price": "dear"}))))
    with pytest.raises(InputTraceError, match="does not fit into the table fills"):
        query.sql(FILLS)


def test_a_record_may_be_larger_than_duckdb_expects(make_trace: MakeTrace) -> None:
    curve = {"timestamp": ["2020-01-01T00:00:00Z"] * 600_000, "equity": [123456.789] * 600_000}

    path = make_trace(lambda bus: bus.publish(Event("EQUITY_CURVE", None, "me", curve)))
    assert path.stat().st_size > 16 << 20
    assert TraceQuery(path).sql("select count(*), max(equity) from equity").fetchall() == [(600_000, 123456.789)]


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('{folder}/other.csv')",
        "from '{folder}/other.csv'",
        "from read_text('/proc/self/environ')",
        "from glob('{folder}/*')",
        "copy (from fills) to '{folder}/new.csv'",
        "attach '{folder}/new.db'",
        "from 'https://example.com/x.parquet'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "from query",
    ],
)
def test_a_query_reaches_nothing_but_the_tables(make_trace: MakeTrace, tmp_path: Path, sql: str) -> None:
    (tmp_path / "other.csv").write_text("secret\n1\n")
    query = TraceQuery(make_trace())
    before = set(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="E-SQL"):
        query.sql(sql.format(folder=tmp_path)).fetchall()
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selec price from fills", "syntax error"),
        ("select prices from fills", "prices"),
        ("from fils", 'Did you mean "fills"'),
        ("", "gives no rows"),
    ],
)
def test_a_mistake_in_a_query_is_told(make_trace: MakeTrace, sql: str, said: str) -> None:
    with pytest.raises(ConfigError, match="E-SQL") as caught:
        TraceQuery(make_trace()).sql(sql)
    assert said in str(caught.value)


def test_without_duckdb_it_says_what_to_install(make_trace: MakeTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigError, match="pip install duckdb"):
        TraceQuery(make_trace()).sql(FILLS)

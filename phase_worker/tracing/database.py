"""Traces as tables of DuckDB, each filled when a query first names it."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from types import MappingProxyType
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, InputTraceError
from phase_worker.tracing.sql_tables import EVENT_TABLES, RUN_TABLES, Table

Lines = Callable[[], Iterable[bytes]]

_BATCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class TracedPhase:
    """A phase whose trace's lines are the `texts`, blocks of whole lines that are verified as they are read."""

    workflow_id: str
    phase: str | None
    texts: Lines


class TraceDatabase:
    """A database in memory whose tables are filled when a query first names them, each in one pass over the traces.

    A query may come from anywhere and need not be trusted: it sees the tables and nothing else. It can read and write
    no file but `output`, load no extension, and reach no network. What takes more than 2 GiB spills into the directory
    for temporary files.
    """

    def __init__(
        self,
        phases: Sequence[TracedPhase],
        run_lines: Mapping[str, Lines] = MappingProxyType({}),
        output: Path | None = None,
    ) -> None:
        """`run_lines` gives the lines of those of the RUN_TABLES that there are to be."""
        self._fd = -1
        self._duckdb = _duckdb()
        self._fd = os.memfd_create("daybreak")
        self._phases = phases
        self._run_lines = run_lines
        self._connection = self._duckdb.connect()
        self._configure(output)
        self._empty = EVENT_TABLES | {name: RUN_TABLES[name] for name in run_lines}
        for name, table in self._empty.items():
            nothing = ", ".join(f'null::{sql_type} as "{field}"' for field, sql_type in table.fields.items())
            self._connection.execute(f"create table {name} as {_select(table, f'(select {nothing} limit 0)')}")

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def query(self, sql: str) -> Any:
        """The answer as a DuckDBPyRelation, computed when it is read.

        Raises ConfigError where the query is wrong, and InputTraceError where a trace is.
        """
        self._fill(self._named_in(sql))
        with self.reporting():
            relation = self._connection.sql(sql)
        if relation is None:
            raise ConfigError("the query gives no rows. Allowed: one SELECT", code="E-SQL")
        return relation

    def _named_in(self, sql: str) -> set[str]:
        """The tables that the query names; none where it cannot be parsed, of which DuckDB will tell."""
        parsed: str = self._connection.execute("select json_serialize_sql($1)", [sql]).fetchall()[0][0]
        if orjson.loads(parsed).get("error_type") == "not implemented":  # such as PIVOT: any word may be a name
            return set(re.findall(r"\w+", sql.lower()))
        return set(re.findall(r'"table_name":"([^"]*)"', parsed.lower()))

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """An error of DuckDB is raised as a ConfigError."""
        try:
            yield
        except self._duckdb.Error as error:
            raise ConfigError(str(error), code="E-SQL") from None

    def _configure(self, output: Path | None) -> None:
        set_to = self._connection.execute
        set_to("set allowed_paths = $1", [[self._lines_file, *([str(output)] if output else [])]])
        set_to("set temp_directory = $1", [str(Path(gettempdir()) / f"daybreak-sql-{os.getpid()}")])
        set_to("set memory_limit = '2GiB'")
        set_to("set timezone = 'UTC'")
        set_to("set enable_external_access = false")
        set_to("set lock_configuration = true")

    @property
    def _lines_file(self) -> str:
        return f"/proc/self/fd/{self._fd}"

    def _fill(self, names: Collection[str]) -> None:
        tables = {name: table for name, table in self._empty.items() if name in names}
        for name in tables:
            self._connection.execute(f"truncate {name}")  # an attempt that was refused may have left rows
        of_events = {name: table for name, table in tables.items() if name not in self._run_lines}
        if of_events:
            self._insert(of_events, _lines_of(self._phases, of_events.values()))
        for name in tables.keys() - of_events.keys():
            self._insert({name: tables[name]}, self._run_lines[name]())
        for name in tables:
            del self._empty[name]

    def _insert(self, tables: Mapping[str, Table], pieces: Iterable[bytes]) -> None:
        """Every batch of lines into every table, by DuckDB's own reader of JSON, which is told all types."""
        for batch in _batches(pieces):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, batch, 0)
            for name, table in tables.items():
                columns = dict(table.fields)
                reader = f"read_json('{self._lines_file}', format = 'newline_delimited', columns = {columns})"
                try:
                    self._connection.execute(f"insert into {name} {_select(table, reader)}")
                except self._duckdb.Error as error:
                    raise InputTraceError(f"a record does not fit into the table {name}: {error}") from None


def _select(table: Table, source: str) -> str:
    columns = ", ".join(f'{expression} as "{name}"' for name, expression in table.columns.items())
    return f"select {columns} from {source} where {table.where}"  # noqa: S608 -- all of it ours


def _lines_of(phases: Iterable[TracedPhase], tables: Collection[Table]) -> Iterator[bytes]:
    """The lines of the events that the tables are about, each with its workflow_id and phase before the rest.

    They are found by what they begin with, as the tracer writes them, so that nothing else is parsed.
    """
    types = {event_type for table in tables for event_type in table.event_types}
    every = not all(table.event_types for table in tables)
    chosen = b"" if every else b"(?:%b)" % b"|".join(re.escape(orjson.dumps(each)) for each in sorted(types))
    pattern = re.compile(rb'\n\{("event_type":%b[^\n]*)' % chosen)
    for phase in phases:
        start = orjson.dumps({"workflow_id": phase.workflow_id, "phase": phase.phase})[:-1] + b","
        for text in phase.texts():
            if found := pattern.findall(b"\n" + text):
                yield start + (b"\n" + start).join(found) + b"\n"


def _batches(pieces: Iterable[bytes]) -> Iterator[bytes]:
    batch: list[bytes] = []
    size_bytes = 0
    for piece in pieces:
        batch.append(piece)
        size_bytes += len(piece)
        if size_bytes >= _BATCH_BYTES:
            yield b"".join(batch)
            batch, size_bytes = [], 0
    if batch:
        yield b"".join(batch)


def _duckdb() -> Any:
    try:
        return import_module("duckdb")
    except ImportError:
        raise ConfigError(
            "SQL needs duckdb, which is not installed. Install it: pip install duckdb pytz", code="E-NODUCKDB"
        ) from None

"""TraceQuery: what a dependent phase, an extractor or a person reads out of traces."""

from collections.abc import Collection, Iterator
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from phase_worker.contract.errors import ConfigError
from phase_worker.contract.paths import named_by
from phase_worker.events.event import Event
from phase_worker.tracing.causality import chain_of
from phase_worker.tracing.columns import Array, column
from phase_worker.tracing.data_frame import data_frame
from phase_worker.tracing.latency import bar_indices, latencies
from phase_worker.tracing.paths import SignalToFillPaths
from phase_worker.tracing.records import Records
from phase_worker.tracing.selection import Selection, TimeRange
from phase_worker.tracing.summary import summarise
from phase_worker.tracing.trace_reader import Trace, open_trace, trace_in_memory
from phase_worker.tracing.tracer import UnifiedTracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from phase_worker.tracing.database import TraceDatabase

Source = UnifiedTracer | str | PathLike[str]
EventTypes = str | Collection[str]


class TraceQuery:
    """Reads the events of one trace or several, without holding more of them than it returns.

    A source is a sealed trace's path, or a tracer that records in memory. A path is verified here, by reading it
    once: InputTraceError where it is missing, unsealed or changed. `allow_partial` takes the complete lines of an
    existing file all the same, for forensics. Traces are read one after the other, each in the order of its ids.
    """

    def __init__(self, source: Source | Collection[Source], *, allow_partial: bool = False) -> None:
        sources = [source] if isinstance(source, UnifiedTracer | str | PathLike) else source
        if not sources:
            raise ConfigError("there is no trace to query: the list of traces is empty")
        self._traces = [_open(each, allow_partial) for each in sources]

    def __repr__(self) -> str:
        return f"TraceQuery({', '.join(trace.name for trace in self._traces)})"

    @property
    def events(self) -> "Events":
        """All events: to be iterated as often as you like, and counted with `len`."""
        return Events(self._traces)

    def iter_events(
        self,
        event_type: EventTypes | None = None,
        source_id: str | None = None,
        correlation_id: int | None = None,
        time_range: TimeRange | None = None,
    ) -> Iterator[Event]:
        """The events that have everything that is asked for, one at a time; no other record is parsed.

        `event_type` is a type or several. `time_range` is (first, last), ISO 8601 or datetime, both included, None
        for no limit; a time without a zone is UTC, a date alone its midnight. Ids count within one trace only.
        """
        selection = Selection(event_type, None, source_id, correlation_id, time_range)
        for trace in self._traces:
            yield from selection.events(trace)

    def filter_events(
        self,
        event_type: EventTypes | None = None,
        source_id: str | None = None,
        correlation_id: int | None = None,
        time_range: TimeRange | None = None,
    ) -> list[Event]:
        """The list of what `iter_events` gives."""
        return list(self.iter_events(event_type, source_id, correlation_id, time_range))

    def get_event_chain(self, event_id: int) -> list[Event]:
        """The event with all that caused it and all that it caused, in the order of their ids.

        Events that the trace level left out are missing. Raises ConfigError where there is no such event, and
        ValueError for several traces, since each counts its ids from 0.
        """
        if len(self._traces) > 1:
            raise ValueError(f"event {event_id} may be in each of {len(self._traces)} traces: query one of them")
        (trace,) = self._traces
        event = next(Selection(event_id=event_id).events(trace), None)
        if event is None:
            raise ConfigError(
                f"there is no event {event_id}; the trace has {trace.rows} events", where=trace.name, code="E-EVENT"
            )
        return chain_of(event_id, list(Selection(correlation_id=event.correlation_id).events(trace)))

    def get_signal_to_fill_paths(self) -> SignalToFillPaths:
        """For each FILL that a SIGNAL led to, the events from that SIGNAL to the FILL, each caused by the one before.

        A sequence of lists, which are read when they are asked for. A signal without a fill has no path here:
        `get_event_chain` shows where it ended.
        """
        return SignalToFillPaths(self._traces)

    def column(self, event_type: EventTypes, field: str) -> Array:
        """The values of one field of the payloads of all events of a type, in order, as a numpy array.

        It is int64, bool, float64 with NaN for null or missing, or else of objects. Raises ConfigError where there are
        events and none has the field.
        """
        return column((records.payloads() for records in self._records(event_type)), field)

    def analyze_latencies(self) -> dict[str, dict[str, Any]]:
        """Event time along the signal-to-fill paths: `{step: {count, seconds, bars}}`.

        The steps are signal_to_order, order_to_fill and signal_to_fill; `seconds` and `bars` are `{min, mean, median,
        max}`. Bars are counted where the trace has the EQUITY_CURVE that names them, and None elsewhere.
        """
        return latencies(self.get_signal_to_fill_paths(), bar_indices(self.iter_events("EQUITY_CURVE")))

    def get_summary(self) -> dict[str, Any]:
        """`{events, event_types, sources, first_timestamp, last_timestamp, traces}`, as `summarise` says."""
        return summarise(self._traces)

    def to_dataframe(self, event_type: EventTypes | None = None) -> Any:
        """The events as a polars or pandas DataFrame, one column per key of their payloads; times are in UTC.

        Ask for one `event_type` where you can: the columns of all types together are mostly empty. Raises ConfigError
        where neither library is installed.
        """
        return data_frame(
            (list(trace.kinds), records) for trace in self._traces for records in Selection(event_type).records(trace)
        )

    def sql(self, query: str) -> Any:
        """What a SELECT gives of the events, as a relation of DuckDB: `.df()`, `.pl()`, `.fetchall()`, or printed.

        There are the tables signals, orders, fills, positions (that were closed), equity (a row for each bar), metrics,
        windows, selections, statistics and events; `describe fills` says what is in one. A query reads these and
        nothing else. The first to name a table reads the traces for it, and verifies them again. Raises ConfigError
        where the query is wrong, or DuckDB is not installed.
        """
        return self._database.query(query)

    @cached_property
    def _database(self) -> "TraceDatabase":
        # A phase has no use for it.
        from phase_worker.tracing.database import TraceDatabase, TracedPhase  # noqa: PLC0415

        return TraceDatabase([TracedPhase(*named_by(Path(trace.name)), trace.texts) for trace in self._traces])

    def _records(self, event_type: EventTypes | None) -> Iterator[Records]:
        for trace in self._traces:
            yield from Selection(event_type).records(trace)


class Events:
    """All events of some traces, read from them each time it is iterated."""

    def __init__(self, traces: list[Trace]) -> None:
        self._traces = traces

    def __iter__(self) -> Iterator[Event]:
        for trace in self._traces:
            for records in trace.records():
                yield from records.events()

    def __len__(self) -> int:
        return sum(trace.rows for trace in self._traces)


def _open(source: Source, allow_partial: bool) -> Trace:
    if isinstance(source, UnifiedTracer):
        if source.recorded > len(source.events):
            raise ConfigError("this tracer writes to a file: query the trace that `seal` published")
        return trace_in_memory(source.trace_id, source.events)
    return open_trace(Path(source), allow_partial=allow_partial)

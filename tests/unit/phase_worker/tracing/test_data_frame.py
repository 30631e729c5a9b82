"""Data frames of events."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

MakeTrace = Callable[..., Path]


def only(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(library)
    if library == "pandas":
        monkeypatch.setitem(sys.modules, "polars", None)


def publish_odd_events(bus: EventBus) -> None:
    """Two types, a field that is sometimes whole, one with the name of a record's, and no time at all."""
    bus.publish(Event("FILL", "2020-01-01T00:00:00Z", "broker", {"price": 2, "timestamp": "mine"}))
    bus.publish(Event("NOTE", None, "me", {"price": 2.5, "side": "BUY"}))


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_a_frame_has_a_column_for_each_key_of_the_payloads(
    make_trace: MakeTrace, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(library, monkeypatch)
    path = str(make_trace(publish_odd_events))
    frame = TraceQuery(path).to_dataframe()
    rows = frame.to_dicts() if library == "polars" else frame.replace({np.nan: None}).to_dict("records")
    assert rows == [
        {
            "trace": path,
            "event_type": "FILL",
            "event_id": 0,
            "timestamp": datetime(2020, 1, 1, tzinfo=UTC),
            "source_id": "broker",
            "causation_id": None,
            "correlation_id": 0,
            "price": 2.0,
            "payload.timestamp": "mine",
            "side": None,
        },
        {
            "trace": path,
            "event_type": "NOTE",
            "event_id": 1,
            "timestamp": None,
            "source_id": "me",
            "causation_id": None,
            "correlation_id": 1,
            "price": 2.5,
            "payload.timestamp": None,
            "side": "BUY",
        },
    ]


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_the_frame_of_a_large_trace_is_that_of_its_events(
    make_trace: MakeTrace, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large: of several blocks, of which the first has not all keys."""

    def publish(bus: EventBus) -> None:
        for number in range(20_000):
            bus.publish(Event("NOTE", None, "me", {"text": "x" * 80} | ({"late": 1} if number > 15_000 else {})))

    only(library, monkeypatch)
    query = TraceQuery(make_trace(publish))
    frame = query.to_dataframe("NOTE")
    assert list(frame["event_id"]) == [event.event_id for event in query.events]
    assert frame["late"].sum() == 4_999
    assert list(frame["late"])[-1] == 1


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_a_frame_is_made_with_what_is_installed(
    make_trace: MakeTrace, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(library, monkeypatch)
    query = TraceQuery(make_trace())
    fills = query.to_dataframe("FILL")
    assert type(fills).__module__.partition(".")[0] == library
    assert list(fills["price"]) == [102.0, 105.0]
    assert len(query.to_dataframe()) == 16
    assert len(query.to_dataframe("NOT_THERE")) == 0


def test_a_frame_without_a_library_says_what_to_install(make_trace: MakeTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("polars", "pandas"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match="pip install polars"):
        TraceQuery(make_trace()).to_dataframe()

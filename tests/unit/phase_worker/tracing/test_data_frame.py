"""Data frames of events."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event
from phase_worker.tracing.data_frame import columns
from phase_worker.tracing.query import TraceQuery

MakeTrace = Callable[..., Path]


def test_a_frame_has_a_column_for_each_key_of_the_payloads() -> None:
    first = Event("FILL", "2020-01-01T00:00:00Z", "broker", {"price": 2, "timestamp": "mine"}, 0)
    second = Event("FILL", None, "broker", {"price": 2.5, "side": "BUY"}, 1, 0, 0)
    assert columns([("a", first), ("b", second)]) == {
        "trace": ["a", "b"],
        "event_type": ["FILL", "FILL"],
        "event_id": [0, 1],
        "timestamp": ["2020-01-01T00:00:00Z", None],
        "source_id": ["broker", "broker"],
        "causation_id": [None, 0],
        "correlation_id": [None, 0],
        "price": [2, 2.5],
        "payload.timestamp": ["mine", None],
        "side": [None, "BUY"],
    }


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_a_frame_is_made_with_what_is_installed(
    make_trace: MakeTrace, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(library)
    if library == "pandas":
        monkeypatch.setitem(sys.modules, "polars", None)
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

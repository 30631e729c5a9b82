"""One field of all payloads of a type, as an array."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError, InputTraceError
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

MakeTrace = Callable[..., Path]


def fills(*payloads: dict[str, Any]) -> Callable[[EventBus], None]:
    def publish(bus: EventBus) -> None:
        for payload in payloads:
            bus.publish(Event("FILL", None, "broker", payload))
            bus.publish(Event("NOTE", None, "test", {"price": "not of a fill"}))

    return publish


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, -3], np.int64),
        ([1.5, 2.0], np.float64),
        ([1, 2.5], np.float64),
        ([True, False], np.bool_),
        (["BUY", "SELL"], object),
        ([1, "two"], object),
        ([[1, 2], [3]], object),
        ([[1, 2], [3, 4]], object),
        ([True, 2], object),
    ],
)
def test_a_column_has_one_value_for_each_event(make_trace: MakeTrace, values: list[Any], dtype: Any) -> None:
    column = TraceQuery(make_trace(fills(*({"price": value} for value in values)))).column("FILL", "price")
    assert column.dtype == dtype
    assert column.shape == (len(values),)
    assert column.tolist() == values


def test_a_number_that_is_missing_or_null_is_nan(make_trace: MakeTrace) -> None:
    column = TraceQuery(make_trace(fills({"price": 1}, {"price": None}, {}))).column("FILL", "price")
    np.testing.assert_array_equal(column, [1.0, np.nan, np.nan])


def test_a_field_inside_another_or_in_a_text_is_not_taken_for_it(make_trace: MakeTrace) -> None:
    payload = {"note": '"price":3,', "inner": {"price": 2}, "price": 1}
    assert TraceQuery(make_trace(fills(payload))).column("FILL", "price").tolist() == [1]


def test_a_field_that_no_payload_has_is_an_error(make_trace: MakeTrace) -> None:
    with pytest.raises(ConfigError, match="no payload has a field 'prise'.*Did you mean 'price'"):
        TraceQuery(make_trace(fills({"price": 1}))).column("FILL", "prise")


def test_a_field_that_is_always_null_is_there(make_trace: MakeTrace) -> None:
    assert np.isnan(TraceQuery(make_trace(fills({"price": None}))).column("FILL", "price")).all()


def test_without_events_the_column_is_empty(make_trace: MakeTrace) -> None:
    assert TraceQuery(make_trace(fills())).column("FILL", "price").shape == (0,)


def test_the_columns_of_several_traces_and_types_follow_one_another(make_trace: MakeTrace) -> None:
    paths = [make_trace(fills({"price": 1.0}), "a"), make_trace(fills({"price": 2.0}), "b")]
    assert TraceQuery(paths).column("FILL", "price").tolist() == [1.0, 2.0]
    assert TraceQuery(paths[0]).column(("FILL", "NOTE"), "price").tolist() == [1.0, "not of a fill"]


def test_a_line_with_two_payloads_is_no_record(make_trace: MakeTrace, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(
        make_trace(fills({"price": 1})).read_bytes().replace(b'{"price":1}', b'{"price":1},{"price":2}')
    )
    with pytest.raises(InputTraceError, match="line at byte 0 is not a record"):
        TraceQuery(damaged, allow_partial=True).column("FILL", "price")

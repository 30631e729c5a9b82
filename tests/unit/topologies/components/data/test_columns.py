"""Columns are recognised by name, and joined in their order."""

import numpy as np
import pytest

from phase_worker.contract import DataError
from topologies.components.data.columns import MOST_COLUMNS, Columns, find_layout, join_columns


@pytest.mark.parametrize("time", ["timestamp", "Date", "DATETIME", " time "])
def test_columns_are_found_in_any_order_and_case(time: str) -> None:
    layout = find_layout(["Close", "symbol", "Adj Close", "LOW", "high", time, "Open"], "data.csv:1")
    assert (layout.width, layout.timestamp) == (7, 5)
    assert layout.numbers == {"open": 6, "high": 4, "low": 3, "close": 0, "adj_close": 2}
    assert list(layout.numbers) == ["open", "high", "low", "close", "adj_close"]


def test_missing_columns_are_named_with_those_found_and_those_allowed() -> None:
    with pytest.raises(DataError) as caught:
        find_layout(["date", "open", "close", "x" * 99], "data.csv:1")
    assert caught.value.code == "E-COLUMNS"
    said = f"no column says high, low; found 'date', 'open', 'close', '{'x' * 40}'. Required: timestamp (or date, "
    assert str(caught.value).startswith(f"data.csv:1: error E-COLUMNS: {said}")


@pytest.mark.parametrize("names", [["date", "time"], ["Open", "open"], ["adj_close", "Adj Close"]])
def test_two_columns_of_one_meaning_are_refused(names: list[str]) -> None:
    with pytest.raises(DataError, match="columns 6 and 7 both say"):
        find_layout(["a", "b", "c", "d", "e", *names], "data.csv:1")


def test_unknown_columns_may_have_one_name() -> None:
    find_layout(["", "", "date", "open", "high", "low", "close", "note", "note"], "data.csv:1")


def test_more_columns_than_anybody_needs_are_refused() -> None:
    names = ["date", "open", "high", "low", "close", *[""] * (MOST_COLUMNS - 5)]
    find_layout(names, "data.csv:1")
    with pytest.raises(DataError, match="1001 columns, which would take long to read. Allowed: 1000"):
        find_layout([*names, ""], "data.csv:1")


def part(first: int, adj_close: bool) -> Columns:
    times = np.arange(first, first + 3)
    opens, highs, lows, closes, volumes, adjusted = (np.float64(10**power) * times for power in range(6))
    return Columns(times, opens, highs, lows, closes, volumes, adjusted if adj_close else None)


@pytest.mark.parametrize("adj_close", [True, False])
def test_parts_are_joined_column_by_column(adj_close: bool) -> None:
    joined = join_columns(iter([part(1, adj_close), part(4, adj_close)]))
    assert joined.time_ns.tolist() == [1, 2, 3, 4, 5, 6]
    assert joined.close.tolist() == [1e3, 2e3, 3e3, 4e3, 5e3, 6e3]
    assert joined.volume.tolist() == [1e4, 2e4, 3e4, 4e4, 5e4, 6e4]
    assert (None if joined.adj_close is None else joined.adj_close.tolist()) == (
        [1e5, 2e5, 3e5, 4e5, 5e5, 6e5] if adj_close else None
    )

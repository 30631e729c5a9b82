"""One row is read in time that grows with its length, whatever is in it."""

import time

import pytest

from phase_worker.contract import DataError
from topologies.components.data.columns import find_layout
from topologies.components.data.csv_rows import parse_row

LAYOUT = find_layout(["timestamp", "open", "high", "low", "close"], "data.csv")


@pytest.mark.parametrize(
    "number", ["9" * 100_000 + "x", "." + "9" * 100_000 + "x", "9" * 100_000 + "e" + "9" * 100_000 + "x"]
)
def test_a_hundred_thousand_digits_that_are_no_number_are_refused_at_once(number: str) -> None:
    started_s = time.process_time()
    with pytest.raises(DataError, match="open is '"):
        parse_row(f"2020-01-01,{number},12,9,11", LAYOUT)
    assert time.process_time() - started_s < 1.0  # every way to part the digits takes minutes

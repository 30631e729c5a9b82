"""Local times are the instants that the clocks of their zone showed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract import DataError
from topologies.bars import IntArray
from topologies.components.data.local_time import has_clock, offsets_ns, to_utc

SECOND = 10**9


def at(*texts: str) -> IntArray:
    return np.array(texts, "M8[ns]").view(np.int64)


def test_summer_time_is_an_hour_ahead_of_winter_time() -> None:
    local = at("2020-01-02T09:30", "2020-07-02T09:30", "2020-12-02T09:30")
    expected = at("2020-01-02T14:30", "2020-07-02T13:30", "2020-12-02T14:30")
    assert to_utc(local, "America/New_York", str).tolist() == expected.tolist()


@given(st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=50))
def test_offsets_are_those_of_the_standard_library(seconds: list[int]) -> None:
    times = np.array(sorted(seconds), np.int64) * SECOND
    zone = ZoneInfo("Australia/Lord_Howe")  # whose clocks change by half an hour
    expected = [datetime.fromtimestamp(time, UTC).astimezone(zone).utcoffset() for time in sorted(seconds)]
    found = offsets_ns(times, "Australia/Lord_Howe")
    assert found.tolist() == [offset.total_seconds() * SECOND for offset in expected if offset is not None]


@pytest.mark.parametrize("shown", ["2020-11-01T01:30", "2020-03-08T02:30"], ids=["twice", "never"])
def test_a_time_that_the_clocks_showed_twice_or_never_is_refused(shown: str) -> None:
    with pytest.raises(DataError, match=f"^bar 1: error E-TS-LOCAL: .*{shown}"):
        to_utc(at("2020-02-01T12:00", shown), "America/New_York", "bar {}".format)


def test_dates_have_no_clock() -> None:
    assert not has_clock(at("2020-01-02", "2020-01-03"))
    assert has_clock(at("2020-01-02", "2020-01-03T00:01"))

"""Bars hold their columns, and compute each feature once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import ComponentError
from tests.fakes.market import make_bars, registry_with
from topologies.bars import Bars, FeatureFunction, FloatArray, iso_timestamp
from topologies.market import feature_lookup


def bars_with(lookup: dict[str, FeatureFunction]) -> Bars:
    plain = make_bars([1.0, 2.0, 3.0, 4.0])
    return Bars(
        "TEST",
        plain.time_ns,
        plain.open,
        plain.high,
        plain.low,
        plain.close,
        plain.volume,
        feature_lookup=lookup.__getitem__,
    )


def test_a_feature_is_computed_once_for_the_same_parameters() -> None:
    asked: list[tuple[int, int]] = []

    def difference(bars: Bars, *, near: int, far: int) -> FloatArray:
        asked.append((near, far))
        return bars.close * near - bars.close * far

    bars = bars_with({"difference": difference})
    first = bars.feature("difference", near=1, far=2)
    assert bars.feature("difference", far=2, near=1) is first
    assert bars.feature("difference", near=2, far=1).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert asked == [(1, 2), (2, 1)]


def test_a_feature_cannot_be_changed_by_a_strategy_that_shares_it() -> None:
    values = bars_with({"close": lambda bars: bars.close.copy()}).feature("close")
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 9.0


def test_the_first_bars_know_nothing_of_the_later_ones() -> None:
    bars = bars_with({"total": lambda bars: np.full(len(bars), bars.close.sum())})
    assert bars.feature("total")[0] == 10.0
    early = bars.until(2)
    assert (len(early), early.close.tolist(), early.symbol) == (2, [1.0, 2.0], "TEST")
    assert early.feature("total").tolist() == [3.0, 3.0]


def test_a_feature_that_does_not_exist_is_refused_with_the_known_names() -> None:
    bars = bars_with({})
    with_registry = Bars(
        bars.symbol,
        bars.time_ns,
        bars.open,
        bars.high,
        bars.low,
        bars.close,
        bars.volume,
        feature_lookup=feature_lookup(registry_with()),
    )
    with pytest.raises(ComponentError, match=r"unknown feature 'smaa'\. .*Did you mean 'sma'"):
        with_registry.feature("smaa", window=3)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("1970-01-01T00:00:00", "1970-01-01T00:00:00Z"),
        ("1993-01-29T00:00:00", "1993-01-29T00:00:00Z"),
        ("1969-12-31T23:59:59.5", "1969-12-31T23:59:59.500000Z"),
        ("2018-05-04T13:37:01.000250", "2018-05-04T13:37:01.000250Z"),
    ],
)
def test_a_time_is_written_as_iso_8601_in_utc_with_the_decimals_it_needs(time: str, text: str) -> None:
    assert iso_timestamp(int(np.datetime64(time, "ns").astype(np.int64))) == text


@given(st.lists(st.integers(-(2**61), 2**62), min_size=1, max_size=20))
def test_a_timestamp_is_the_same_whether_it_was_formatted_alone_or_with_others(times_ns: list[int]) -> None:
    ones = np.ones(len(times_ns))
    alone, many = (Bars("TEST", np.array(times_ns), ones, ones, ones, ones, ones) for _ in range(2))
    many.format_timestamps(np.arange(0, len(times_ns), 2))
    for index in range(len(times_ns)):
        assert many.timestamp(index) == alone.timestamp(index)

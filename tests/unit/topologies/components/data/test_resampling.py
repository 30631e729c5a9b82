"""Longer bars say what the shorter ones said, at the time when they begin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract import DataError
from topologies.bars import IntArray
from topologies.components.data.columns import Columns, make_columns
from topologies.components.data.resampling import resample

MINUTE = 60 * 10**9


def columns_at(time_ns: IntArray) -> Columns:
    generator = np.random.default_rng(7)
    close = 100.0 + np.cumsum(generator.integers(-4, 5, len(time_ns))) / 4.0
    opens = close + generator.integers(-4, 5, len(time_ns)) / 4.0
    numbers = {
        "open": opens,
        "high": np.maximum(opens, close) + 0.5,
        "low": np.minimum(opens, close) - 0.5,
        "close": close,
        "volume": generator.integers(0, 9, len(time_ns)).astype(np.float64),
        "adj_close": close / 2.0,
    }
    return make_columns(time_ns, numbers)


def minutes_from(start: str, count: int) -> IntArray:
    return np.datetime64(start, "ns").astype(np.int64) + np.arange(count) * MINUTE


def times(columns: Columns) -> list[str]:
    return [str(time) for time in columns.time_ns.view("M8[ns]").astype("M8[m]")]


def test_a_bar_has_the_first_open_the_extremes_the_last_close_and_all_the_volume() -> None:
    columns = columns_at(minutes_from("2020-01-02T09:30", 7))
    five = resample(columns, "5m")
    assert times(five) == ["2020-01-02T09:30", "2020-01-02T09:35"]
    assert five.open.tolist() == [columns.open[0], columns.open[5]]
    assert five.high.tolist() == [columns.high[:5].max(), columns.high[5:].max()]
    assert five.low.tolist() == [columns.low[:5].min(), columns.low[5:].min()]
    assert five.close.tolist() == [columns.close[4], columns.close[6]]
    assert five.volume.tolist() == [columns.volume[:5].sum(), columns.volume[5:].sum()]
    assert five.adj_close is not None
    assert five.adj_close.tolist() == [columns.close[4] / 2.0, columns.close[6] / 2.0]


def test_a_time_in_which_nothing_was_traded_has_no_bar() -> None:
    moments = np.concatenate((minutes_from("2020-01-02T09:30", 2), minutes_from("2020-01-02T12:10", 1)))
    assert times(resample(columns_at(moments), "1h")) == ["2020-01-02T09:00", "2020-01-02T12:00"]


def test_a_day_is_one_of_the_time_zone() -> None:
    moments = minutes_from("2020-07-02T03:58", 4)  # 23:58 in New York
    assert times(resample(columns_at(moments), "1d")) == ["2020-07-02T00:00"]
    in_new_york = resample(columns_at(moments), "1d", "America/New_York")
    assert times(in_new_york) == ["2020-07-01T00:00", "2020-07-02T00:00"]


def test_hours_begin_after_the_midnight_of_the_time_zone() -> None:
    moments = minutes_from("2020-01-02T18:25", 10)
    assert times(resample(columns_at(moments), "1h", "Asia/Kolkata")) == ["2020-01-02T17:30", "2020-01-02T18:30"]


def test_hours_begin_when_the_session_opens() -> None:
    moments = minutes_from("2020-01-02T14:30", 65)
    opens = np.full(65, moments[0])
    assert times(resample(columns_at(moments), "1h", None, opens)) == ["2020-01-02T14:30", "2020-01-02T15:30"]


def test_weeks_begin_on_monday_and_months_on_their_first_day() -> None:
    days = np.arange("2020-01-30", "2020-02-12", dtype="M8[D]").astype("M8[ns]").view(np.int64)
    assert times(resample(columns_at(days), "1w")) == ["2020-01-27T00:00", "2020-02-03T00:00", "2020-02-10T00:00"]
    assert times(resample(columns_at(days), "1mo")) == ["2020-01-01T00:00", "2020-02-01T00:00"]


def test_bars_that_are_as_long_already_are_refused() -> None:
    days = np.arange("2020-01-01", "2020-01-12", dtype="M8[D]").astype("M8[ns]").view(np.int64)
    with pytest.raises(DataError, match="E-RESAMPLE: resample: 5m would join no two bars"):
        resample(columns_at(days), "5m")


@given(
    st.lists(st.integers(0, 3000), min_size=2, max_size=200, unique=True), st.sampled_from(["5m", "30m", "1h", "4h"])
)
def test_bars_are_those_of_pandas(offsets: list[int], length: str) -> None:
    pandas = pytest.importorskip("pandas")
    moments = minutes_from("2020-01-02T00:00", 3001)[sorted(offsets)]
    columns = columns_at(moments)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    frame = pandas.DataFrame({name: getattr(columns, name) for name in how}, index=pandas.to_datetime(moments))
    expected = frame.resample(length.replace("m", "min")).agg(how).dropna()
    if len(expected) == len(columns):
        return
    found = resample(columns, length)
    assert found.time_ns.tolist() == expected.index.as_unit("ns").asi8.tolist()
    for name in how:
        assert getattr(found, name).tolist() == expected[name].tolist()

"""What looks like a fault of the data is pointed out with date and figures; ordinary data is left in peace."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from topologies.bars import FloatArray, IntArray
from topologies.components.data.columns import Columns
from topologies.components.data.csv_bars import read_csv
from topologies.components.data.suspicions import Suspicion, find_suspicions

HOUR_NS = 3_600 * 10**9
DAY_NS = 24 * HOUR_NS


def bars_at(time_ns: IntArray, close: FloatArray | None = None) -> Columns:
    """Bars that open where they close, with a high and low 1 % away."""
    closes = np.full(len(time_ns), 100.0) if close is None else close
    return Columns(time_ns, closes.copy(), closes * 1.01, closes * 0.99, closes, np.full(len(time_ns), 1e6), None)


def business_days(count: int) -> IntArray:
    days = np.arange("2020-01-06", count * 2, dtype="M8[D]")  # from a Monday on
    return days[np.is_busday(days)][:count].astype("M8[ns]").astype(np.int64)


def session_minutes(days: int) -> IntArray:
    """Minutes from 14:30 to 20:59 on business days."""
    return (business_days(days)[:, None] + 14 * HOUR_NS + np.arange(30, 420) * 60 * 10**9).ravel()


def daily(closes: list[float]) -> Columns:
    return bars_at(business_days(len(closes)), np.array(closes))


def found(columns: Columns) -> list[tuple[str, int]]:
    return [(suspicion.code, suspicion.row) for suspicion in find_suspicions(columns, columns.adj_close)]


def test_the_bad_print_of_the_shipped_data_is_the_only_suspicion(spy_csv: Path) -> None:
    columns = read_csv(spy_csv)
    (suspicion,) = find_suspicions(columns, columns.adj_close)
    assert suspicion == Suspicion(
        "W-SPIKE",
        1065,
        "2002-04-02: high 144.12 is +25.5% from the close before, 114.83; the next is 112.74",
    )


@pytest.mark.parametrize(("name", "value"), [("high", 125.0), ("high", 1_000.0), ("low", 80.0), ("low", 0.01)], ids=str)
def test_a_spike_that_reverts_is_suspicious(name: str, value: float) -> None:
    columns = daily([100.0] * 10)
    getattr(columns, name)[4] = value
    assert found(columns) == [("W-SPIKE", 4)]


@pytest.mark.parametrize(("name", "value"), [("high", 124.9), ("low", 80.1)])
def test_a_smaller_spike_is_not(name: str, value: float) -> None:
    columns = daily([100.0] * 10)
    getattr(columns, name)[4] = value
    assert found(columns) == []


def test_a_jump_that_stays_is_no_spike() -> None:
    assert found(daily([100.0] * 5 + [130.0] * 5)) == []


def test_one_or_two_bars_are_not_suspicious() -> None:
    assert found(daily([100.0])) == []
    assert found(daily([100.0, 120.0])) == []


def test_more_than_a_week_without_daily_bars_is_a_gap() -> None:
    time_ns = business_days(200)
    within_a_week = np.delete(time_ns, range(100, 104))  # Tuesday to Monday's eve: seven days from one to the next
    assert found(bars_at(within_a_week)) == []
    (gap,) = find_suspicions(bars_at(np.delete(time_ns, range(100, 106))))
    assert (gap.code, gap.row) == ("W-GAP", 100)
    assert gap.message == "2020-06-02: no bar for 11.0 days, since 2020-05-22"


def test_weeks_and_months_have_gaps_of_their_own_length() -> None:
    weeks = np.arange("2020-01-06", 7 * 100, 7, dtype="M8[D]").astype("M8[ns]").astype(np.int64)
    months = np.arange("2000-01", 200, dtype="M8[M]").astype("M8[ns]").astype(np.int64)
    for time_ns in (weeks, months):
        assert found(bars_at(time_ns)) == []
        assert found(bars_at(np.delete(time_ns, [50, 51]))) == [("W-GAP", 50)]


def test_nights_weekends_and_holidays_are_no_gaps_between_minutes() -> None:
    holidays = [9, 35, 36]
    minutes = session_minutes(60).reshape(60, 390)
    assert found(bars_at(np.delete(minutes, holidays, axis=0).ravel())) == []
    assert found(bars_at(np.delete(minutes, range(30, 36), axis=0).ravel())) == [("W-GAP", 30 * 390)]


def test_hours_without_a_minute_are_a_gap_where_trading_never_stops() -> None:
    minutes = np.arange("2020-01-01T00:00", 60 * 1440, dtype="M8[m]").astype("M8[ns]").astype(np.int64)
    (gap,) = find_suspicions(bars_at(np.delete(minutes, range(40_000, 40_060))))
    assert (gap.code, gap.row) == ("W-GAP", 40_000)
    assert gap.message == "2020-01-28T19:40:00Z: no bar for 61 minutes, since 2020-01-28T18:39:00Z"


def test_a_day_with_less_than_half_of_its_bars_is_thin() -> None:
    minutes = session_minutes(60)
    half_day = np.delete(minutes, range(30 * 390 + 200, 31 * 390))
    assert found(bars_at(half_day)) == []
    (thin,) = find_suspicions(bars_at(np.delete(minutes, range(30 * 390 + 100, 30 * 390 + 300))))
    assert (thin.code, thin.row) == ("W-THIN", 30 * 390)
    assert "only 190 bars on this day, where this day of other weeks has 390 or more" in thin.message


def test_days_are_not_thin_where_their_bars_always_vary() -> None:
    minutes = session_minutes(60).reshape(60, 390)
    some_with_150 = [day[:150] if number // 5 % 2 else day for number, day in enumerate(minutes)]
    assert found(bars_at(np.concatenate(some_with_150))) == []


def test_the_days_on_which_a_file_begins_and_ends_may_be_thin() -> None:
    assert found(bars_at(session_minutes(60)[380:-380])) == []


def test_a_jump_as_in_a_split_is_suspicious() -> None:
    (split,) = find_suspicions(daily([200.0] * 5 + [102.0] * 5))
    assert (split.code, split.row) == ("W-SPLIT", 5)
    assert "the close goes from 200 to 102 as in a 2-for-1 split" in split.message


@pytest.mark.parametrize(
    ("after", "terms"),
    [(67.0, "3-for-2"), (33.0, "3-for-1"), (5.0, "20-for-1"), (200.0, "1-for-2"), (1_490.0, "1-for-15")],
)
def test_the_terms_of_the_split_are_named(after: float, terms: str) -> None:
    (split,) = find_suspicions(daily([100.0] * 5 + [after] * 5))
    assert f"as in a {terms} split" in split.message


@pytest.mark.parametrize("after", [80.0, 125.0, 57.0, 175.0, 40.0])
def test_a_jump_unlike_any_split_is_not(after: float) -> None:
    assert found(daily([100.0] * 5 + [after] * 5)) == []


def test_a_crash_within_the_day_is_no_split() -> None:
    columns = daily([100.0] * 5 + [50.0] * 5)
    columns.open[5] = 98.0
    assert found(columns) == []


def test_adjusted_close_tells_a_split_from_a_crash() -> None:
    columns = daily([100.0] * 5 + [50.0] * 5)
    assert found(replace(columns, adj_close=columns.close / 2)) == []
    (split,) = find_suspicions(columns, np.full(10, 50.0))
    assert (split.code, split.row) == ("W-SPLIT", 5)
    assert split.message.endswith("adj_close does not")


def test_a_bar_without_volume_is_suspicious() -> None:
    columns = daily([100.0] * 10)
    columns.volume[7] = 0.0
    assert find_suspicions(columns) == [Suspicion("W-VOLUME", 7, "2020-01-15: volume is 0")]


def test_data_without_any_volume_is_said_to_be_so_once() -> None:
    columns = daily([100.0] * 10)
    columns.volume[:] = 0.0
    assert find_suspicions(columns) == [Suspicion("W-VOLUME", 0, "volume is 0 in every bar")]


def test_of_each_kind_the_first_twenty_are_shown_and_the_others_counted() -> None:
    columns = daily([100.0] * 100)
    columns.volume[10:60] = 0.0
    suspicions = find_suspicions(columns)
    assert [suspicion.row for suspicion in suspicions] == list(range(10, 31))
    assert suspicions[-1] == Suspicion("W-VOLUME", 30, "30 more of these, 50 in all")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SPY.csv", []),
        ("VTI.csv", [("W-SPIKE", "2010-05-06")]),  # the flash crash, real
        ("bokeh_AAPL.csv", [("W-SPLIT", "2000-06-21"), ("W-SPLIT", "2005-02-28")]),  # but not the crash of 2000-09-29
        ("bokeh_MSFT.csv", [("W-SPLIT", "2003-02-18")]),
    ],
)
def test_real_data_has_the_known_faults_and_no_others(shared: Path, name: str, expected: list[tuple[str, str]]) -> None:
    columns = read_csv(shared / "data" / name)
    suspicions = find_suspicions(columns, columns.adj_close)
    assert [(suspicion.code, suspicion.message[:10]) for suspicion in suspicions] == expected

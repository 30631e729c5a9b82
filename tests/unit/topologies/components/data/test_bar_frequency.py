"""The number of bars in a year follows from when they come."""

from pathlib import Path

import numpy as np
import pytest

from topologies.bars import IntArray
from topologies.components.data.bar_frequency import infer_periods_per_year
from topologies.components.data.csv_bars import read_csv

HOUR_NS = 3_600 * 10**9


def times(first: str, last: str, unit: str) -> IntArray:
    return np.arange(first, last, dtype=f"M8[{unit}]").astype("M8[ns]").astype(np.int64)


def on_weekdays(time_ns: IntArray) -> IntArray:
    return time_ns[np.is_busday(time_ns.astype("M8[ns]").astype("M8[D]"))]


def between_hours(time_ns: IntArray, opening: float, closing: float) -> IntArray:
    hour = time_ns % (24 * HOUR_NS) / HOUR_NS
    return time_ns[(hour >= opening) & (hour < closing)]


YEAR = ("2020-01-01", "2021-01-01")
DAYS = times(*YEAR, "D")
MINUTES = times("2020-01-01T00:00", "2020-03-01T00:00", "m")


@pytest.mark.parametrize(
    ("time_ns", "expected"),
    [
        pytest.param(on_weekdays(DAYS), 252, id="days of a stock"),
        pytest.param(on_weekdays(DAYS)[:2], 252, id="two days"),
        pytest.param(DAYS[:1], 252, id="one bar"),
        pytest.param(DAYS, 365, id="days of a coin"),
        pytest.param(
            np.sort(np.append(on_weekdays(DAYS), DAYS[DAYS // (24 * HOUR_NS) % 7 == 3])), 252, id="Sundays too"
        ),
        pytest.param(DAYS[::7], 52, id="weeks"),
        pytest.param(times("2000-01", "2020-01", "M"), 12, id="months"),
        pytest.param(times("2000-01", "2020-01", "M")[::3], 4, id="quarters"),
        pytest.param(times("2000", "2020", "Y"), 1, id="years"),
        pytest.param(between_hours(on_weekdays(MINUTES), 14.5, 21), 390 * 252, id="minutes of a stock"),
        pytest.param(between_hours(on_weekdays(MINUTES), 14.5, 21)[200:-99], 390 * 252, id="two half days"),
        pytest.param(between_hours(on_weekdays(MINUTES[30::60]), 14.5, 21), 7 * 252, id="hours of a stock"),
        pytest.param(
            on_weekdays(DAYS).repeat(2) + np.tile([9, 15], len(on_weekdays(DAYS))) * HOUR_NS, 504, id="twice a day"
        ),
        pytest.param(MINUTES, 1440 * 365, id="minutes of a coin"),
        pytest.param(MINUTES[::240], 6 * 365, id="four hours of a coin"),
        pytest.param(on_weekdays(MINUTES), 1440 * 252, id="minutes of a currency"),
    ],
)
def test_periods_per_year(time_ns: IntArray, expected: float) -> None:
    assert infer_periods_per_year(time_ns) == expected


def test_shipped_data_has_252_periods_a_year(spy_csv: Path) -> None:
    assert infer_periods_per_year(read_csv(spy_csv).time_ns) == 252

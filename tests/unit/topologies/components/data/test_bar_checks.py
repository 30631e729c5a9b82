"""Impossible bars are found, explained once each, and counted in full."""

from collections.abc import Callable

import numpy as np
import pytest

from phase_worker.contract import DataError, ExitCode
from topologies.components.data.bar_checks import Problems, check_columns
from topologies.components.data.columns import Columns

DAY_NS = 86_400 * 10**9
Change = Callable[[Columns], None]


def sound_bars(count: int) -> Columns:
    return Columns(
        time_ns=np.arange(count, dtype=np.int64) * DAY_NS,
        open=np.full(count, 10.0),
        high=np.full(count, 12.0),
        low=np.full(count, 9.0),
        close=np.full(count, 11.0),
        volume=np.full(count, 100.0),
        adj_close=np.full(count, 5.5),
    )


def check(columns: Columns, after_ns: int | None = None) -> None:
    problems = Problems("data.csv")
    check_columns(columns, np.arange(2, len(columns) + 2), problems, after_ns)
    problems.raise_if_any()


def test_sound_bars_pass() -> None:
    check(sound_bars(5))
    check(sound_bars(5), after_ns=-1)
    check(sound_bars(0))


def test_a_bar_without_any_movement_or_volume_passes() -> None:
    columns = sound_bars(3)
    for values in (columns.open, columns.high, columns.low, columns.close):
        values[1] = 10.0
    columns.volume[1] = 0.0
    check(columns)


@pytest.mark.parametrize(
    ("name", "value", "code", "said"),
    [
        ("open", np.nan, "E-NAN", "open is nan"),
        ("high", np.inf, "E-NAN", "high is inf"),
        ("low", -np.inf, "E-NAN", "low is -inf"),
        ("close", np.nan, "E-NAN", "close is nan"),
        ("volume", np.nan, "E-NAN", "volume is nan"),
        ("volume", np.inf, "E-NAN", "volume is inf"),
        ("adj_close", np.nan, "E-NAN", "adj_close is nan"),
        ("adj_close", np.inf, "E-NAN", "adj_close is inf"),
        ("volume", -1.0, "E-VOLUME", "volume is -1.0"),
        ("low", 0.0, "E-PRICE", "low is 0.0"),
        ("open", -10.0, "E-PRICE", "open is -10.0"),
        ("adj_close", 0.0, "E-PRICE", "adj_close is 0.0"),
        ("high", 8.0, "E-HIGH-LOW", "high 8.0 is below low 9.0"),
        ("high", 10.5, "E-ENVELOPE", "within low 9.0 to high 10.5"),
        ("low", 10.5, "E-ENVELOPE", "within low 10.5 to high 12.0"),
        ("open", 12.5, "E-ENVELOPE", "open 12.5"),
        ("close", 8.5, "E-ENVELOPE", "close 8.5"),
        ("time_ns", DAY_NS, "E-TS-DUP", "1970-01-02T00:00:00Z is there twice"),
        ("time_ns", 0, "E-TS-ORDER", "1970-01-01T00:00:00Z comes after 1970-01-02T00:00:00Z"),
    ],
)
def test_an_impossible_bar_is_found_and_explained(name: str, value: float, code: str, said: str) -> None:
    columns = sound_bars(5)
    getattr(columns, name)[2] = value
    with pytest.raises(DataError) as caught:
        check(columns)
    assert caught.value.code == code
    assert caught.value.exit_code is ExitCode.DATA
    heading, line = str(caught.value).splitlines()
    assert heading == f"data.csv: error {code}: 1 problem in this file:"
    assert line.startswith(f"data.csv:4: {code}: ")
    assert said in line


@pytest.mark.parametrize(("after_ns", "code"), [(0, "E-TS-DUP"), (DAY_NS // 2, "E-TS-ORDER")])
def test_the_first_bar_is_compared_with_the_bar_before_it(after_ns: int, code: str) -> None:
    with pytest.raises(DataError, match=f"data.csv:2: {code}"):
        check(sound_bars(1), after_ns)


def test_time_and_figures_of_one_bar_are_two_problems() -> None:
    columns = sound_bars(5)
    columns.time_ns[3] = columns.time_ns[2]
    columns.high[3] = np.nan
    with pytest.raises(DataError, match="2 problems in this file:"):
        check(columns)


def test_of_all_problems_the_first_by_row_are_shown() -> None:
    problems = Problems("bars.parquet", "row ")
    for row in (*range(1_000, 500, -1), *range(500, 0, -1), *range(1_001, 3_001)):
        problems.add(row, "E-TEST", "wrong")
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    heading, *lines = str(caught.value).splitlines()
    assert heading == "bars.parquet: error E-TEST: 3000 problems in this file, the first 20 of them:"
    assert lines == [f"bars.parquet:row {row}: E-TEST: wrong" for row in range(1, 21)]


def test_without_a_problem_nothing_is_raised() -> None:
    Problems("data.csv").raise_if_any()

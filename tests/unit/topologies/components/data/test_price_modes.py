"""Prices before a split or dividend are in the money and shares of after it, where the job asks for that."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phase_worker.contract import DataError
from tests.fakes.market import make_bars
from topologies.components.data.columns import Columns, make_columns
from topologies.components.data.csv_bars import read_csv
from topologies.components.data.price_modes import Factors, adjusted, read_factors

DAY = 86_400 * 10**9


def columns_of(closes: list[float]) -> Columns:
    """Bars of 2020-01-01 and on, whose volume is 100."""
    bars = make_bars(closes)
    prices = {name: getattr(bars, name) for name in ("open", "high", "low", "close")}
    return make_columns(bars.time_ns, prices | {"volume": np.full(len(closes), 100.0)})


def factors_of(folder: Path, text: str) -> Factors:
    path = folder / "factors.csv"
    path.write_text(text)
    return read_factors(path)


def test_bars_up_to_and_with_the_date_of_a_factor_are_multiplied_by_it() -> None:
    columns = columns_of([8.0, 8.0, 4.0, 4.0])
    factors = Factors(columns.time_ns[[1]], np.array([0.5]), np.array([0.25]))
    split = adjusted(columns, "split", factors, "bars.csv")
    assert split.close.tolist() == [2.0, 2.0, 4.0, 4.0]
    assert split.volume.tolist() == [400.0, 400.0, 100.0, 100.0]
    both = adjusted(columns, "total_return", factors, "bars.csv")
    assert both.close.tolist() == [1.0, 1.0, 4.0, 4.0]
    assert both.volume.tolist() == [400.0, 400.0, 100.0, 100.0]


def test_a_bar_within_a_day_has_the_factor_of_its_day() -> None:
    columns = columns_of([8.0, 8.0])
    columns.time_ns[:] += DAY // 2
    factors = Factors(columns.time_ns[[0]] // DAY * DAY, np.array([1.0]), np.array([0.5]))
    assert adjusted(columns, "split", factors, "bars.csv").close.tolist() == [4.0, 8.0]


def test_raw_prices_are_left_alone() -> None:
    columns = columns_of([8.0, 4.0])
    assert adjusted(columns, "raw", None, "bars.csv") is columns


@pytest.mark.parametrize("prices", ["split", "total_return"])
def test_nothing_to_adjust_by_is_an_error(prices: str) -> None:
    with pytest.raises(DataError, match=f"bars.csv: .*prices: {prices} needs data.factors"):
        adjusted(columns_of([8.0, 4.0]), prices, None, "bars.csv")


@pytest.mark.parametrize(("dividends", "splits"), [(1.0, 1e308), (1e-320, 1e-10), (1.0, 1e-320)])
def test_factors_that_leave_no_price_are_refused_with_the_bar(dividends: float, splits: float) -> None:
    columns = columns_of([8.0, 8.0, 4.0])
    factors = Factors(columns.time_ns[[1]], np.array([dividends]), np.array([splits]))
    with pytest.raises(DataError, match=r"bars\.csv: error E-NUMBER: adjusted, the bar of 2020-01-01T00:00:00Z"):
        adjusted(columns, "total_return", factors, "bars.csv")


def test_an_adjusted_close_that_leaves_no_price_is_refused_with_the_bar() -> None:
    columns = replace(columns_of([1e-200, 1e-200]), adj_close=np.array([1e-200, 1e200]))
    with pytest.raises(DataError, match=r"bars\.csv: error E-NUMBER: adjusted, the bar of 2020-01-02T00:00:00Z"):
        adjusted(columns, "total_return", None, "bars.csv")


def test_factors_are_read_with_and_without_a_first_line(tmp_path: Path) -> None:
    rows = "1998-01-02,0.5,0.25,1.0\n20501231,1,1,0\n"
    with_header, without = (
        factors_of(tmp_path, "date,price_factor,split_factor,ref_price\n" + rows),
        factors_of(tmp_path, rows),
    )
    assert [column.tolist() for column in with_header] == [column.tolist() for column in without]
    assert (with_header.dividends.tolist(), with_header.splits.tolist()) == ([0.5, 1.0], [0.25, 1.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "E-EMPTY"),
        ("1998-01-02,0.5\n", r"factors\.csv:1: .*E-COLUMNS"),
        ("1998-01-02,1,1\n01/02/1999,1,1\n", r"factors\.csv:2: .*E-TS"),
        ("1998-01-02,1,two\n", r"factors\.csv:1: .*E-NUMBER"),
        ("1998-01-02,1,0\n", r"factors\.csv:1: .*E-NUMBER: .*above 0"),
        ("1998-01-02,1,nan\n", r"factors\.csv:1: .*E-NAN"),
        ("1998-01-02,1,1\n1998-01-02,1,1\n", r"factors\.csv:2: .*E-TS-ORDER"),
        ("1998-01-02,1,1\n1998-01-01,1,1\n", r"factors\.csv:2: .*E-TS-ORDER"),
        ("1998-01-02,1_0,1\n", r"factors\.csv:1: .*E-NUMBER"),
        ("1998-01-02,1,\uff11\n", r"factors\.csv:1: .*E-NUMBER"),
        ("1998-01-02,,1\n", r"factors\.csv:1: .*E-NAN"),
        ("1998-01-02,1,1\0\n", r"factors\.csv:1: .*E-NUMBER"),
        ('1998-01-02,1,"1\n', r"factors\.csv:1: .*E-QUOTE"),
        ("1998-01-02,1," + "1" * 200_000 + "\n", r"factors\.csv:1: .*E-NUMBER"),
        ('1998-01-02,1,"' + "x" * 200_000 + '"\n', r"factors\.csv:1: .*E-"),
    ],
)
def test_a_wrong_file_of_factors_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        factors_of(tmp_path, text)


@pytest.mark.parametrize("symbol", ["IBM", "BAC", "SPY"])
def test_total_return_by_factors_is_the_adjusted_close_of_lean(shared: Path, symbol: str) -> None:
    raw = read_csv(shared / "data" / f"lean_{symbol}_raw.csv")
    factors = read_factors(shared / "data" / f"lean_{symbol}_factors.csv")
    assert raw.adj_close is not None
    found = adjusted(raw, "total_return", factors, symbol)
    np.testing.assert_allclose(found.close, raw.adj_close, rtol=1e-6)


@pytest.mark.parametrize("symbol", ["IBM", "BAC"])
def test_no_day_of_a_split_looks_like_a_crash_once_it_is_adjusted(shared: Path, symbol: str) -> None:
    raw = read_csv(shared / "data" / f"lean_{symbol}_raw.csv")
    factors = read_factors(shared / "data" / f"lean_{symbol}_factors.csv")
    (split_days,) = np.nonzero(np.diff(np.append(factors.splits, 1.0)))
    rows = np.searchsorted(raw.time_ns, factors.day_ns[split_days], side="right")
    rows = rows[(rows > 0) & (rows < len(raw))]
    assert len(rows)
    close = adjusted(raw, "split", factors, symbol).close
    assert (raw.close[rows] / raw.close[rows - 1] < 0.6).all()
    assert (abs(close[rows] / close[rows - 1] - 1.0) < 0.1).all()

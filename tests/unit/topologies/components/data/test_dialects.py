"""Files as vendors write them give the bars that they hold, without a word about their form in the job."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from phase_worker.contract import DataError
from topologies.components.data.columns import Columns
from topologies.components.data.csv_bars import read_csv
from topologies.components.data.reading import AS_IT_IS, Reading

YAHOO = """Date,Open,High,Low,Close,Adj Close,Volume
2020-01-02,10,12,9,11,5.5,100
2020-01-03,11,13,10,12,6,200
"""
YFINANCE = """Price,Adj Close,Close,High,Low,Open,Volume
Ticker,SPY,SPY,SPY,SPY,SPY,SPY
Date,,,,,,
2020-01-02,5.5,11,12,9,10,100
2020-01-03,6,12,13,10,11,200
"""
STOOQ = """<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>
SPY.US,D,20200102,000000,10,12,9,11,100,0
SPY.US,D,20200103,000000,11,13,10,12,200,0
"""
ALPHA_VANTAGE = """timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient
2020-01-03,11,13,10,12,6,200,0.0,1.0
2020-01-02,10,12,9,11,5.5,100,0.0,1.0
"""
LEAN_EQUITY = """20200102 00:00,100000,120000,90000,110000,100
20200103 00:00,110000,130000,100000,120000,200
"""
LEAN = """20200102 00:00,10.0,12,9,11,100
20200103 00:00,11,13,10,12,200
"""
METATRADER = """2020.01.02,00:00,10,12,9,11,100
2020.01.03,00:00,11,13,10,12,200
"""
METATRADER_5 = """<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2020.01.02\t10\t12\t9\t11\t7\t100\t1
2020.01.03\t11\t13\t10\t12\t7\t200\t1
"""
SEMICOLONS = """Date;Open;High;Low;Close;Volume
02.01.2020;10;12;9;11;100
03.01.2020;11;13;10;12;200
"""
BINANCE = """1577923200000,10,12,9,11,100,1578009599999,1,2,3,4,0
1578009600000,11,13,10,12,200,1578095999999,1,2,3,4,0
"""
BINANCE_2025 = BINANCE.replace("00000,1", "00000000,1", 2).replace("1578009600000,", "1578009600000000,")
DUKASCOPY = """Gmt time,Open,High,Low,Close,Volume
02.01.2020 00:00:00.000,10,12,9,11,100
03.01.2020 00:00:00.000,11,13,10,12,200
"""
DAILY = {
    "Yahoo": YAHOO,
    "yfinance": YFINANCE,
    "Stooq": STOOQ,
    "Alpha Vantage, newest first": ALPHA_VANTAGE,
    "Lean equity": LEAN_EQUITY,
    "Lean": LEAN,
    "MetaTrader": METATRADER,
    "MetaTrader 5": METATRADER_5,
    "semicolons": SEMICOLONS,
    "Binance": BINANCE,
    "Binance since 2025": BINANCE_2025,
    "Dukascopy": DUKASCOPY,
}


def read(folder: Path, text: str, reading: Reading = AS_IT_IS) -> Columns:
    path = folder / "data.csv"
    path.write_text(text)
    return read_csv(path, reading)


def times(columns: Columns) -> list[str]:
    return [str(time) for time in columns.time_ns.view("M8[ns]").astype("M8[s]")]


@pytest.mark.parametrize("text", DAILY.values(), ids=DAILY.keys())
def test_two_days_are_the_same_in_every_dialect(tmp_path: Path, text: str) -> None:
    columns = read(tmp_path, text)
    assert times(columns) == ["2020-01-02T00:00:00", "2020-01-03T00:00:00"]
    assert columns.open.tolist() == [10.0, 11.0]
    assert columns.high.tolist() == [12.0, 13.0]
    assert columns.low.tolist() == [9.0, 10.0]
    assert columns.close.tolist() == [11.0, 12.0]
    assert columns.volume.tolist() == [100.0, 200.0]


@pytest.mark.parametrize("text", [YAHOO, YFINANCE, ALPHA_VANTAGE])
def test_the_adjusted_close_goes_with_its_bar(tmp_path: Path, text: str) -> None:
    adjusted = read(tmp_path, text).adj_close
    assert adjusted is not None
    assert adjusted.tolist() == [5.5, 6.0]


def test_prices_of_lean_are_the_nearest_float_to_their_decimals(tmp_path: Path) -> None:
    columns = read(tmp_path, "19980102 00:00,973100,975300,965300,973600,2150000\n")
    assert [columns.open[0], columns.high[0], columns.low[0], columns.close[0]] == [97.31, 97.53, 96.53, 97.36]


def test_whole_prices_that_are_not_lean_equity_are_taken_as_said(tmp_path: Path) -> None:
    text = "20180101 00:00,13700,13800,13600,13650,5\n"
    assert read(tmp_path, text).close.tolist() == [1.365]
    assert read(tmp_path, text, Reading(format="lean")).close.tolist() == [13650.0]


def test_a_format_that_the_first_line_does_not_bear_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.format is binance, but by its first line this file is plain"):
        read(tmp_path, YAHOO, Reading(format="binance"))


def test_histdata_is_in_eastern_standard_time_in_summer_too(tmp_path: Path) -> None:
    text = "20200102 170000;1.1;1.2;1.0;1.1;0\n20200702 170000;1.1;1.2;1.0;1.1;0\n"
    assert times(read(tmp_path, text)) == ["2020-01-02T22:00:00", "2020-07-02T22:00:00"]


def test_dates_with_the_month_first_are_refused_rather_than_guessed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.csv:2: E-TS: '01/02/2020' is no timestamp: expected 2020-01-31"):
        read(tmp_path, YAHOO.replace("2020-01-02", "01/02/2020"))


def test_a_file_in_no_order_is_refused_at_the_first_row_that_goes_back(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.csv:4: E-TS-ORDER"):
        read(tmp_path, YAHOO + "2020-01-01,10,12,9,11,5.5,100\n")


def test_a_newest_first_file_that_goes_forward_again_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.csv:4: E-TS-ORDER"):
        read(tmp_path, ALPHA_VANTAGE + "".join(f"2020-01-{day},10,12,9,11,5.5,100,0.0,1.0\n" for day in ("09", "01")))


def test_a_long_file_newest_first_is_that_file_turned_round(tmp_path: Path) -> None:
    days = np.arange("1900-01-01", "2000-01-01", dtype="M8[D]").astype(str).tolist()
    rows = [f"{day},10,12,9,{10 + number % 7 / 4},{number}\n" for number, day in enumerate(days)]
    header = "date,open,high,low,close,volume\n"
    oldest_first, newest_first = (read(tmp_path, header + "".join(order)) for order in (rows, rows[::-1]))
    assert newest_first.time_ns.tolist() == oldest_first.time_ns.tolist()
    assert newest_first.close.tolist() == oldest_first.close.tolist()


def test_an_error_names_the_line_of_the_file_in_every_dialect(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.csv:5: E-NUMBER: close"):
        read(tmp_path, YFINANCE.replace("6,12,13", "6,twelve,13"))


def test_a_zip_archive_of_one_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "spy.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spy.csv", LEAN_EQUITY)
    assert read_csv(path).close.tolist() == [11.0, 12.0]

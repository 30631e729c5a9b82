"""Bars are read from their file as the job says: adjusted before they are joined, and only those of sessions."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract import DataError
from tests.fakes.market import Workbench, make_bars, payloads, sha256_of

DAYS = [8.0, 8.0, 8.0, 4.0, 4.0, 4.0]  # from Wednesday, 2020-01-01 on; split two for one on Saturday
HEADER = "timestamp,open,high,low,close,volume\n"


def described(bench: Workbench, **spec: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    config = {"bars": {"symbol": "TEST", "prices": "raw"} | spec, "trace": {"level": "full", "bars": False}}
    events = bench.run("market_data", config)
    return payloads(events, "DATA")[0], payloads(events, "DATA_WARNING")


def cached(folder: Path) -> np.ndarray[Any, Any]:
    (file,) = folder.rglob("*.npy")
    rows: np.ndarray[Any, Any] = np.load(file)
    return rows


def test_bars_are_adjusted_before_they_are_joined(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    data = bench.add_data(make_bars(DAYS, DAYS))
    factors = tmp_path / "factors.csv"
    factors.write_text("2020-01-03,1,0.5\n2050-12-31,1,1\n")
    bench.add_file(factors)
    how = {"prices": "split", "factors": sha256_of(factors), "resample": "1w"}
    facts, _ = described(bench, sha256=sha256_of(data), **how)
    assert (facts["bars"], facts["factors"]) == (2, sha256_of(factors))
    week = cached(tmp_path)[:, 0]
    opened, high, low, close = week[1:5].view(np.float64)
    assert (opened, high, low, close) == (4.0, 4.0, 4.0, 4.0)


def test_each_way_of_reading_a_file_has_bars_of_its_own_in_the_cache(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    data = bench.add_data(make_bars(DAYS, DAYS))
    ways: list[dict[str, Any]] = [{}, {"resample": "1w"}, {}]
    assert [described(bench, sha256=sha256_of(data), **how)[0]["bars"] for how in ways] == [6, 2, 6]
    assert len(list(tmp_path.rglob("*.npy"))) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in exchange_calendars, of pandas
def test_bars_outside_of_the_sessions_are_left_out_and_told_of_even_when_the_cache_is_filled(tmp_path: Path) -> None:
    pytest.importorskip("exchange_calendars")
    minutes = ["14:29", "14:30", "15:29", "15:30", "20:59", "21:00"]
    path = tmp_path / "minutes.csv"
    path.write_text(HEADER + "".join(f"2020-01-02 {minute},10,11,9,10,5\n" for minute in minutes))
    bench = Workbench(tmp_path)
    bench.add_file(path)
    how = {"sha256": sha256_of(path), "calendar": "XNYS", "resample": "1h"}
    first, again = described(bench, **how), described(bench, **how)
    assert first == again
    facts, (warning, *_) = first
    assert (facts["bars"], facts["first"], facts["last"]) == (3, "2020-01-02T14:30:00Z", "2020-01-02T20:30:00Z")
    assert warning["code"] == "W-OUTSIDE"
    assert warning["message"].startswith("2 bars")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_data_of_which_nothing_is_in_a_session_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("exchange_calendars")
    path = tmp_path / "sunday.csv"
    path.write_text(HEADER + "2020-01-05 12:00,10,11,9,10,5\n2020-01-05 12:01,10,11,9,10,5\n")
    bench = Workbench(tmp_path)
    bench.add_file(path)
    with pytest.raises(DataError, match=r"sunday\.csv: .*no bar is in a session of XNYS"):
        described(bench, sha256=sha256_of(path), calendar="XNYS")

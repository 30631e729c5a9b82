"""The table of what market data can do wrong, row by row, for every dialect and each kind of file that can do it."""

from pathlib import Path

import pytest

from tests.fakes.vendor_files import FORMS, TEXTS, VENDORS, place, read, refusal, spoilt, write_bars
from topologies.components.data.reading import Reading
from topologies.components.data.suspicions import find_suspicions

IMPOSSIBLE = {
    "price of zero": ({"open": "0", "low": "0"}, "E-PRICE"),
    "price below zero": ({"low": "-10"}, "E-PRICE"),
    "high below low": ({"low": 120}, "E-HIGH-LOW"),
    "high below close": ({"high": 100}, "E-ENVELOPE"),
    "low above open": ({"low": 101}, "E-ENVELOPE"),
    "NaN": ({"close": "nan"}, "E-NAN"),
    "infinite": ({"high": "inf"}, "E-NAN"),
    "minus infinite": ({"low": "-inf"}, "E-NAN"),
    "larger than any number": ({"high": "9" * 400}, "E-NAN"),
    "overflow": ({"high": "1e999"}, "E-NAN"),
    "volume below zero": ({"volume": "-1"}, "E-VOLUME"),
    "infinite volume": ({"volume": "inf"}, "E-NAN"),
}
NO_BAR = {
    "empty": ({"close": ""}, "E-NAN"),
    "null": ({"close": "null"}, "E-NAN"),
    "text": ({"open": "ten"}, "E-NUMBER"),
    "underscore": ({"open": "1_00"}, "E-NUMBER"),
    "full-width digits": ({"open": "\uff11\uff10\uff10"}, "E-NUMBER"),
    "hexadecimal": ({"open": "0x64"}, "E-NUMBER"),
    "thousands": ({"open": '"1,000"'}, "E-NUMBER"),
    "two points": ({"open": "1.0.0"}, "E-NUMBER"),
    "NUL": ({"open": "100\0"}, "E-NUMBER"),
    "not UTF-8": ({"open": "100\udcff"}, "E-NUMBER"),
    "unclosed quote": ({"open": '"100'}, "E-QUOTE"),
    "field too many": ({"open": "100<delimiter>100"}, "E-ROW"),
    "no time": ({"time": ""}, "E-TS"),
    "text for a time": ({"time": "yesterday"}, "E-TS"),
    "full-width time": ({"time": "\uff12020-01-05"}, "E-TS"),
}


@pytest.mark.parametrize(("name", "suffix"), FORMS)
@pytest.mark.parametrize(("changes", "code"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_bar_is_refused_with_its_row(
    tmp_path: Path, name: str, suffix: str, changes: dict[str, int | str], code: str
) -> None:
    vendor = VENDORS[name]
    rows = vendor.sound(5)
    rows[3] = spoilt(vendor, rows[3], changes)
    assert refusal(write_bars(tmp_path, vendor, suffix, rows)) == (code, place(vendor, suffix, 3))


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
@pytest.mark.parametrize(("changes", "code"), NO_BAR.values(), ids=NO_BAR)
def test_a_row_of_text_that_says_no_bar_is_refused_with_its_line(
    tmp_path: Path, name: str, suffix: str, changes: dict[str, int | str], code: str
) -> None:
    vendor = VENDORS[name]
    rows = vendor.sound(5)
    rows[3] = spoilt(vendor, rows[3], changes)
    assert refusal(write_bars(tmp_path, vendor, suffix, rows)) == (code, place(vendor, suffix, 3))


@pytest.mark.parametrize(("name", "suffix"), FORMS)
@pytest.mark.parametrize(("order", "code"), [((0, 1, 2, 2, 4), "E-TS-DUP"), ((0, 1, 3, 2, 4), "E-TS-ORDER")])
def test_bars_twice_or_in_no_order_are_refused_with_the_row(
    tmp_path: Path, name: str, suffix: str, order: tuple[int, ...], code: str
) -> None:
    vendor = VENDORS[name]
    sound = vendor.sound(5)
    assert refusal(write_bars(tmp_path, vendor, suffix, [sound[number] for number in order])) == (
        code,
        place(vendor, suffix, 3),
    )


@pytest.mark.parametrize(("name", "suffix"), FORMS)
def test_all_kinds_of_file_give_the_same_bars(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    columns = read(write_bars(tmp_path, vendor, suffix, vendor.sound(4)))
    offset = 0.5 if vendor.price == "{}.5" else 0.0
    assert (columns.close - offset).tolist() == [101.0, 102.0, 101.0, 102.0]
    assert columns.volume.tolist() == [100.0, 101.0, 102.0, 103.0]


@pytest.mark.parametrize(("name", "suffix"), FORMS)
def test_what_is_suspicious_is_told_of_every_kind_of_file(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    rows = vendor.sound(30)
    rows[10] = spoilt(vendor, rows[10], {"high": 150})  # a bad print
    rows[20] = spoilt(vendor, rows[20], {"volume": "0"})
    del rows[22:28]
    columns = read(write_bars(tmp_path, vendor, suffix, rows))
    assert {found.code for found in find_suspicions(columns)} == {"W-SPIKE", "W-VOLUME", "W-GAP"}


def test_a_price_with_decimals_among_those_in_ten_thousandths_is_refused_with_its_line(tmp_path: Path) -> None:
    vendor = VENDORS["lean equity"]
    rows = vendor.sound(5)
    rows[3] = VENDORS["lean"].cells(3)  # crypto, of which the first bars happened to be whole
    path = write_bars(tmp_path, vendor, ".csv", rows)
    assert refusal(path) == ("E-NUMBER", "4")
    assert read(path, Reading(format="lean")).close.tolist()[3] == 102.5


@pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.delimiter != ","])
def test_a_decimal_comma_is_refused_as_one(tmp_path: Path, name: str) -> None:
    vendor = VENDORS[name]
    rows = vendor.sound(5)
    rows[3]["open"] = "100,5"
    assert refusal(write_bars(tmp_path, vendor, ".csv", rows)) == ("E-NUMBER", place(vendor, ".csv", 3))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.zst", ".zip"])
@pytest.mark.parametrize("zone", ["+01:00", "Z"])
def test_bars_in_two_time_zones_are_refused_with_the_line(tmp_path: Path, suffix: str, zone: str) -> None:
    vendor = VENDORS["plain with clocks"]
    rows = vendor.sound(5)
    rows[3]["time"] += zone
    assert refusal(write_bars(tmp_path, vendor, suffix, rows)) == ("E-TS-ZONE", "5")


def test_milliseconds_among_microseconds_are_refused_with_the_line(tmp_path: Path) -> None:
    rows = [*VENDORS["binance"].sound(3), *VENDORS["binance since 2025"].sound(5)[3:]]
    assert refusal(write_bars(tmp_path, VENDORS["binance"], ".csv", rows)) == (
        "E-TS-ZONE",
        "5",
    )  # the last of both that are told

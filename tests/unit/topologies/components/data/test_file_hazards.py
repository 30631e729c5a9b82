"""What whole files of market data can do wrong, for every dialect and each kind of file that can do it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.vendor_files import (
    COMPRESSIONS,
    PACKED,
    TEXTS,
    VENDORS,
    error_of,
    place,
    read,
    refusal,
    spoilt,
    write_bars,
    write_text,
)
from topologies.components.data.reading import Reading


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
def test_a_file_that_ends_within_a_row_is_refused_with_the_line(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    lines = vendor.lines(vendor.sound(5))
    path = tmp_path / f"data{suffix}"
    write_text(path, "\n".join([*lines[:-1], lines[-1].rpartition(vendor.delimiter)[0]]))
    assert refusal(path) == ("E-ROW", place(vendor, suffix, 4))


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
def test_a_first_bar_that_is_none_is_refused_at_its_line(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    rows = vendor.sound(5)
    rows[0] = spoilt(vendor, rows[0], {"time": "yesterday"})
    path = write_bars(tmp_path, vendor, suffix, rows)
    code = "E-TS" if vendor.head else "E-COLUMNS"  # such a line is what tells the dialect
    assert refusal(path) == (code, place(vendor, suffix, 0))


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
def test_a_file_without_bars_is_refused(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    assert error_of(write_bars(tmp_path, vendor, suffix, [])).code == "E-EMPTY"


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_is_refused_and_named(tmp_path: Path, name: str, suffix: str, encoding: str) -> None:
    vendor = VENDORS[name]
    path = tmp_path / f"data{suffix}"
    path.write_bytes(COMPRESSIONS[suffix]("\n".join(vendor.lines(vendor.sound(5))).encode(encoding)))
    assert refusal(path) == ("E-ENCODING", "1")


@pytest.mark.parametrize(("name", "suffix"), TEXTS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: f"\ufeff{text}", id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.rstrip("\n"), id="no newline at the end"),
        pytest.param(lambda text: text + "\n \r\n", id="blank lines at the end"),
    ],
)
def test_what_is_harmless_is_accepted(tmp_path: Path, name: str, suffix: str, change: Callable[[str], str]) -> None:
    vendor = VENDORS[name]
    text = "\n".join(vendor.lines(vendor.sound(5))) + "\n"
    path = tmp_path / f"data{suffix}"
    write_text(path, text)
    plain = read(path)
    write_text(path, change(text))
    changed = read(path)
    assert changed.time_ns.tolist() == plain.time_ns.tolist()
    assert changed.close.tolist() == plain.close.tolist()


@pytest.mark.parametrize(("name", "suffix"), [("plain", ".csv"), *PACKED, ("plain", ".parquet")])
def test_of_many_problems_the_first_twenty_and_their_number_are_told(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    rows = [spoilt(vendor, row, {"high": 99}) for row in vendor.sound(30)]
    lines = str(error_of(write_bars(tmp_path, vendor, suffix, rows))).splitlines()
    assert len(lines) == 21
    assert "30 problems in this file, the first 20 of them" in lines[0]


@pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.head])
@pytest.mark.parametrize("missing", ["timestamp", "open", "high", "low", "close"])
def test_a_missing_column_is_named(tmp_path: Path, name: str, missing: str) -> None:
    vendor = VENDORS[name]
    words = r"timestamp|<?date>?|(gmt )?time|price" if missing == "timestamp" else rf"(?<!adj )\b{missing}\b"
    head = re.sub(words, "other", vendor.head, count=1, flags=re.IGNORECASE)
    head = head.replace("<TIME>", "<OTHER>") if missing == "timestamp" else head
    error = error_of(write_bars(tmp_path, replace(vendor, head=head), ".csv", vendor.sound(5)))
    assert error.code == "E-COLUMNS"
    assert f"no column says {missing}" in error.message


@pytest.mark.parametrize("suffix", [suffix for suffix in (*COMPRESSIONS, ".parquet") if suffix != ".csv"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda good: good[: len(good) // 2], id="truncated"),
        pytest.param(lambda good: good[:-1], id="last byte missing"),
        pytest.param(lambda good: b"", id="empty"),
        pytest.param(lambda good: b"timestamp,open\n" + good[20:], id="something else before it"),
        pytest.param(
            lambda good: good[: len(good) // 2] + b"\xff" * 40 + good[len(good) // 2 + 40 :], id="overwritten"
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]) -> None:
    path = write_bars(tmp_path, VENDORS["plain"], suffix, VENDORS["plain"].sound(40))
    path.write_bytes(damage(path.read_bytes()))
    assert error_of(path).code in {"E-GZIP", "E-ZST", "E-ZIP", "E-PARQUET", "E-EMPTY"}


WITH_CLOCKS = [(name, ".csv") for name, vendor in VENDORS.items() if "%H" in vendor.time]


@pytest.mark.parametrize(("name", "suffix"), [*WITH_CLOCKS, ("plain with clocks", ".parquet")])
def test_a_time_that_the_clocks_showed_twice_is_refused_with_its_row(tmp_path: Path, name: str, suffix: str) -> None:
    vendor = VENDORS[name]
    rows = [
        vendor.cells(number, timedelta(minutes=90)) for number in range(4879, 4883)
    ]  # the third is 1 November, 1:30
    eastern = Reading(timezone="America/New_York")
    path = write_bars(tmp_path, vendor, suffix, rows)
    assert refusal(path, eastern) == ("E-TS-LOCAL", place(vendor, suffix, 2))
    if suffix != ".parquet":  # which is oldest first
        write_bars(tmp_path, vendor, suffix, rows[::-1])
        assert refusal(path, eastern) == ("E-TS-LOCAL", place(vendor, suffix, 1))


def test_a_kind_that_nobody_reads_is_refused_with_those_known(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    path.touch()
    assert "Known: .csv, .csv.gz, .csv.zst, .parquet" in error_of(path).message

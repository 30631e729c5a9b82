"""The table of what market data can do wrong, row by row, for each kind of file that can do it."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from phase_worker.contract import DataError
from phase_worker.discovery import get_component_registry
from topologies.components.data.columns import Columns
from topologies.market_files import read_source

HEADER = "timestamp,open,high,low,close,volume"
SOUND = ("2020-01-01,10,12,9,11,100", "2020-01-02,11,12,10,11,100", "2020-01-03,11,13,10,12,100")
KINDS = ("csv", "csv.gz", "parquet")


def text_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def write(folder: Path, kind: str, text: str) -> Path:
    """The same rows as a file of this kind."""
    path = folder / f"data.{kind}"
    if kind == "parquet":
        pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        header, *rows = (line.split(",") for line in text.splitlines())
        columns = {name: pa.array(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True)}
        types = {name: "timestamp[ms]" if name == "timestamp" else "double" for name in header}
        parquet.write_table(pa.table({name: columns[name].cast(types[name]) for name in header}), path)
    else:
        content = text.encode()
        path.write_bytes(gzip.compress(content) if kind == "csv.gz" else content)
    return path


def read(path: Path) -> Columns:
    return read_source(get_component_registry(), path)


def error_of(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read(path)
    return caught.value


def row_of(error: DataError, path: Path) -> str:
    """What is said before the code of the first problem."""
    return str(error).splitlines()[-1].removeprefix(f"{path}:").partition(f": {error.code}: ")[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("last", "code"),
    [
        pytest.param("2020-01-02,11,13,10,12,100", "E-TS-DUP", id="duplicate timestamp"),
        pytest.param("2019-12-31,11,13,10,12,100", "E-TS-ORDER", id="unsorted timestamps"),
        pytest.param("2020-01-03,0,13,0,12,100", "E-PRICE", id="price of zero"),
        pytest.param("2020-01-03,11,13,-10,12,100", "E-PRICE", id="price below zero"),
        pytest.param("2020-01-03,11,13,14,12,100", "E-HIGH-LOW", id="high below low"),
        pytest.param("2020-01-03,11,11.5,10,12,100", "E-ENVELOPE", id="high below close"),
        pytest.param("2020-01-03,14,13,10,12,100", "E-ENVELOPE", id="high below open"),
        pytest.param("2020-01-03,11,13,10,nan,100", "E-NAN", id="NaN"),
        pytest.param("2020-01-03,11,inf,10,12,100", "E-NAN", id="inf"),
        pytest.param("2020-01-03,11,13,10,12,-1", "E-VOLUME", id="volume below zero"),
    ],
)
def test_an_impossible_bar_is_refused_with_its_row(tmp_path: Path, kind: str, last: str, code: str) -> None:
    path = write(tmp_path, kind, text_of(*SOUND[:2], last))
    error = error_of(path)
    assert error.code == code
    assert row_of(error, path) == ("row 3" if kind == "parquet" else "4")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", ["timestamp", "open", "high", "low", "close"])
def test_a_missing_column_is_named(tmp_path: Path, kind: str, missing: str) -> None:
    text = text_of(*SOUND, header=HEADER.replace(missing, "other"))
    if missing == "timestamp":
        text = text.replace("2020-01-0", "")  # in Parquet a column of numbers now
    error = error_of(write(tmp_path, kind, text))
    assert error.code == "E-COLUMNS"
    assert f"no column says {missing}; found " in error.message


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_problems_the_first_twenty_and_their_number_are_told(tmp_path: Path, kind: str) -> None:
    rows = [f"20{year:02}-01-01,11,10,12,11,100" for year in range(20, 50)]
    lines = str(error_of(write(tmp_path, kind, text_of(*rows)))).splitlines()
    assert len(lines) == 21
    assert "30 problems in this file, the first 20 of them" in lines[0]


@pytest.mark.parametrize("kind", ["csv", "csv.gz"])  # for Parquet see test_parquet_bars.py
def test_a_file_without_bars_is_refused(tmp_path: Path, kind: str) -> None:
    assert error_of(write(tmp_path, kind, text_of())).code == "E-EMPTY"


@pytest.mark.parametrize("kind", ["csv", "csv.gz"])
@pytest.mark.parametrize(
    ("last", "code"),
    [
        pytest.param("2020-01-03,11,13,10,12", "E-ROW", id="short row"),
        pytest.param("2020-01-03,11,13,10,12,100,5", "E-ROW", id="long row"),
        pytest.param('2020-01-03,11,13,10,12,"100', "E-QUOTE", id="unclosed quote"),
        pytest.param("2020-01-03T00:00:00+01:00,11,13,10,12,100", "E-TS-ZONE", id="another time zone"),
        pytest.param("2020-02-30,11,13,10,12,100", "E-TS", id="impossible date"),
        pytest.param("2020-01-03,1_1,13,10,12,100", "E-NUMBER", id="underscore"),
        pytest.param("2020-01-03,\uff11\uff11,13,10,12,100", "E-NUMBER", id="full-width digits"),
        pytest.param("2020-01-03,11,13,10,,100", "E-NAN", id="empty"),
        pytest.param("2020-01-03,11,1e999,10,12,100", "E-NAN", id="overflow"),
        pytest.param("2020-01-03,11\0,13,10,12,100", "E-NUMBER", id="NUL"),
    ],
)
def test_a_row_of_text_that_says_no_bar_is_refused_with_its_line(
    tmp_path: Path, kind: str, last: str, code: str
) -> None:
    path = write(tmp_path, kind, text_of(*SOUND[:2], last))
    error = error_of(path)
    assert (error.code, row_of(error, path)) == (code, "4")


Change = Callable[[bytes], bytes]


@pytest.mark.parametrize("kind", ["csv.gz", "parquet"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda good: good[: len(good) // 2], id="truncated"),
        pytest.param(lambda good: good[:-1], id="last byte missing"),
        pytest.param(lambda good: b"", id="empty"),
        pytest.param(lambda good: b"timestamp,open\n" + good, id="something before it"),
        pytest.param(lambda good: good[:-40] + b"\xff" * 20 + good[-20:], id="overwritten"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, kind: str, damage: Change) -> None:
    path = write(tmp_path, kind, text_of(*SOUND))
    path.write_bytes(damage(path.read_bytes()))
    assert error_of(path).code in {"E-GZIP", "E-PARQUET", "E-EMPTY"}


@pytest.mark.parametrize("kind", ["csv", "csv.gz"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: f"\ufeff{text}", id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.title().replace("Timestamp", "Date"), id="alias in capitals"),
    ],
)
def test_what_is_harmless_is_accepted(tmp_path: Path, kind: str, change: Callable[[str], str]) -> None:
    plain = read(write(tmp_path, "csv", text_of(*SOUND)))
    changed = read(write(tmp_path, kind, change(text_of(*SOUND))))
    assert changed.time_ns.tolist() == plain.time_ns.tolist()
    assert changed.close.tolist() == plain.close.tolist()


def test_all_kinds_of_file_give_the_same_bars(tmp_path: Path) -> None:
    for kind in KINDS:
        assert read(write(tmp_path, kind, text_of(*SOUND))).close.tolist() == [11.0, 11.0, 12.0]


def test_a_kind_that_nobody_reads_is_refused_with_those_known(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    path.touch()
    assert "Known: .csv, .csv.gz, .csv.zst, .parquet" in error_of(path).message

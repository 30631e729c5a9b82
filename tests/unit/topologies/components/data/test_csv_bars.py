"""A CSV file gives exactly the bars that it says, or every reason why it does not, each with its line."""

import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase_worker.contract import DataError
from phase_worker.discovery import get_component_registry
from topologies.components.data.byte_chunks import CHUNK_BYTES
from topologies.components.data.columns import Columns
from topologies.components.data.csv_bars import read_csv

HEADER = "timestamp,open,high,low,close,volume\n"
BAR = "2020-01-01,10,11.5,9,10.25,100\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problems_of(path: Path) -> list[str]:
    """What is said to be wrong in the file, as 'line code'."""
    with pytest.raises(DataError) as caught:
        read_csv(path)
    return [f"{line} {code}" for line, code in re.findall(r"data\.csv:(\d+): (E-[A-Z-]+):", str(caught.value))]


def assert_columns_or_data_error(path: Path) -> None:
    with suppress(DataError):
        assert isinstance(read_csv(path), Columns)


def rows_of_minutes(count: int) -> list[str]:
    times = np.arange("2020-01-01T00:00:00", count * 60, 60, dtype="M8[s]").astype(str)
    return [f"{time.replace('T', ' ')},100.125,101.5,99.875,100.25,{n}\n" for n, time in enumerate(times.tolist())]


def test_columns_are_those_of_the_file(tmp_path: Path) -> None:
    columns = read_csv(write(tmp_path, HEADER + BAR + "2020-01-02,10.5,12,10,11.1,0\n"))
    assert columns.time_ns.tolist() == [1_577_836_800 * 10**9, 1_577_923_200 * 10**9]
    assert columns.time_ns.dtype == np.int64
    assert columns.open.tolist() == [10.0, 10.5]
    assert columns.high.tolist() == [11.5, 12.0]
    assert columns.low.tolist() == [9.0, 10.0]
    assert columns.close.tolist() == [10.25, 11.1]
    assert columns.volume.tolist() == [100.0, 0.0]
    assert columns.adj_close is None


def test_source_is_found_by_the_suffixes_of_text_and_of_compressed_text() -> None:
    source = get_component_registry().get("bar_source", "csv")
    suffixes = (".csv", ".csv.gz", ".csv.zst", ".txt", ".txt.gz", ".txt.zst", ".zip")
    assert source.metadata["suffixes"] == suffixes
    assert source.factory is read_csv


QUOTED = '"timestamp","open","high","low","close","volume"\n"2020-01-01","10","11.5","9","10.25","100"\n'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER + BAR.strip(), id="no newline at the end"),
        pytest.param(HEADER + BAR + "\n  \n\r\n", id="blank lines at the end"),
        pytest.param((HEADER + BAR).replace("\n", "\r\n"), id="CRLF"),
        pytest.param("\ufeff" + HEADER + BAR, id="byte order mark"),
        pytest.param("\ufeff" + QUOTED, id="byte order mark and quotes"),
        pytest.param(HEADER.upper() + BAR, id="capitals"),
        pytest.param(HEADER.replace("timestamp", "Date") + BAR, id="Date"),
        pytest.param(HEADER.replace("timestamp", " datetime ") + BAR, id="datetime with spaces"),
        pytest.param(HEADER + BAR.replace(",", " , "), id="spaces around values"),
        pytest.param(HEADER + BAR.replace("10,", "+10.,").replace(",100", ",1e2"), id="sign and exponent"),
        pytest.param("volume,close,low,high,open,time\n100,10.25,9,11.5,10,2020-01-01\n", id="another order"),
        pytest.param("symbol,," + HEADER + "A.B.C,?," + BAR, id="columns of no concern"),
        pytest.param("note," + HEADER + '"a, ""b""",' + BAR, id="quoted comma"),
    ],
)
def test_harmless_variation_gives_the_same_bar(tmp_path: Path, content: str) -> None:
    columns = read_csv(write(tmp_path, content))
    bar = (columns.open, columns.high, columns.low, columns.close, columns.volume)
    assert [values.tolist() for values in bar] == [[10.0], [11.5], [9.0], [10.25], [100.0]]
    assert columns.time_ns.tolist() == [1_577_836_800 * 10**9]


def test_volume_is_zero_where_the_file_has_none(tmp_path: Path) -> None:
    assert read_csv(write(tmp_path, "date,open,high,low,close\n2020-01-01,1,1,1,1\n")).volume.tolist() == [0.0]


def test_adjusted_close_is_read_under_the_name_that_yahoo_gives_it(tmp_path: Path) -> None:
    content = "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-01,1,1,1,1,0.5,7\n"
    columns = read_csv(write(tmp_path, content))
    assert columns.adj_close is not None
    assert (columns.adj_close.tolist(), columns.volume.tolist()) == ([0.5], [7.0])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2020-01-02,10,11,9,10", "E-ROW"),
        ("2020-01-02,10,11,9,10,100,", "E-ROW"),
        ("", "E-ROW"),
        ('2020-01-02,"10,11,9,10,100', "E-QUOTE"),
        ('2020-01-02,"10"1,11,9,10,100', "E-QUOTE"),
        ("2020-01-01,10,11,9,10,100", "E-TS-DUP"),
        ("2019-12-31,10,11,9,10,100", "E-TS-ORDER"),
        ("2020-01-02T00:00:00Z,10,11,9,10,100", "E-TS-ZONE"),
        ("1577923200,10,11,9,10,100", "E-TS-ZONE"),
        ("2020-02-30,10,11,9,10,100", "E-TS"),
        ("02/01/2020,10,11,9,10,100", "E-TS"),
        (",10,11,9,10,100", "E-TS"),
        ("2020-01-02\x00,10,11,9,10,100", "E-TS"),
        ("2020-01-02,0,11,0,10,100", "E-PRICE"),
        ("2020-01-02,10,11,-9,10,100", "E-PRICE"),
        ("2020-01-02,10,11,9,10,-1", "E-VOLUME"),
        ("2020-01-02,10,11,12,10,100", "E-HIGH-LOW"),
        ("2020-01-02,10,11,9,11.01,100", "E-ENVELOPE"),
        ("2020-01-02,10,11,10.01,10.5,100", "E-ENVELOPE"),
        ("2020-01-02,1_0,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,１０,11,9,10,100", "E-NUMBER"),  # noqa: RUF001 (full-width digits)
        ("2020-01-02,0xA,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,1.0.0,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,.,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,..10,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,1 0,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,10\x00,11,9,10,100", "E-NUMBER"),
        ("2020-01-02,,11,9,10,100", "E-NAN"),
        ("2020-01-02,nan,11,9,10,100", "E-NAN"),
        ('2020-01-02,"NaN",11,9,10,100', "E-NAN"),
        ("2020-01-02,N/A,11,9,10,100", "E-NAN"),
        ("2020-01-02,10,-Infinity,9,10,100", "E-NAN"),
        ("2020-01-02,10,1e999,9,10,100", "E-NAN"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(tmp_path: Path, row: str, code: str) -> None:
    path = write(tmp_path, f"{HEADER}{BAR}{row}\n2020-02-03,10,11,9,10,100\n")
    assert problems_of(path) == [f"3 {code}"]


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        pytest.param(HEADER, "2020-01-02,10,11\n9,10,100", ["2 E-ROW", "3 E-ROW"], id="a row broken in two"),
        pytest.param(
            HEADER, "2020-01-02,1,1,1,1,1,2020-01-03\n1,1,1,1,1", ["2 E-ROW", "3 E-ROW"], id="two run together"
        ),
        pytest.param("note,more," + HEADER, '"a,b",2020-01-02,10,11,9,10,100', ["2 E-ROW"], id="a comma in quotes"),
    ],
)
def test_fields_are_those_of_their_own_line(tmp_path: Path, header: str, rows: str, expected: list[str]) -> None:
    assert problems_of(write(tmp_path, f"{header}{rows}\n")) == expected


def test_all_problems_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["2020-01-02,x,11,9,10,1", "2020-01-03,10,11,12,10,1", "2020-01-03,10,11,9,10,1", "", "2020-01-04,10"]
    path = write(tmp_path, HEADER + BAR + "\n".join(rows))
    assert problems_of(path) == ["3 E-NUMBER", "4 E-HIGH-LOW", "5 E-TS-DUP", "6 E-ROW", "7 E-ROW"]
    with pytest.raises(DataError, match="5 problems in this file:") as caught:
        read_csv(path)
    assert (caught.value.code, caught.value.where) == ("E-NUMBER", str(path))


def test_of_many_problems_the_first_twenty_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    rows = rows_of_minutes(30_000)
    bad = [3, 7, *range(20_000, 21_000, 2)]
    for number in bad:
        rows[number] = rows[number].replace("101.5", "99" if number % 4 else "junk")
    path = write(tmp_path, HEADER + "".join(rows))
    assert [int(problem.split()[0]) for problem in problems_of(path)] == [number + 2 for number in bad[:20]]
    with pytest.raises(DataError, match="502 problems in this file, the first 20"):
        read_csv(path)


def test_lines_are_counted_on_through_all_blocks_of_a_large_file(tmp_path: Path) -> None:
    rows = rows_of_minutes(30_000)
    content = HEADER + "".join(rows)
    assert len(content) > 4 * CHUNK_BYTES
    assert len(read_csv(write(tmp_path, content))) == 30_000
    rows[10_000] = rows[10_000].replace("100.125", '"100.125"')
    rows[20_000] = rows[20_000].replace("101.5", "1")
    rows[29_000] = rows[28_999]
    assert problems_of(write(tmp_path, HEADER + "".join(rows))) == ["20002 E-HIGH-LOW", "29002 E-TS-DUP"]


def test_order_is_checked_from_one_block_to_the_next(tmp_path: Path) -> None:
    rows = rows_of_minutes(30_000)
    width = len(HEADER)
    first_of_second_block = next(n for n, row in enumerate(rows) if (width := width + len(row)) > CHUNK_BYTES)
    rows[first_of_second_block] = rows[0]
    path = write(tmp_path, HEADER + "".join(rows))
    assert problems_of(path) == [f"{first_of_second_block + 2} E-TS-ORDER"]


@pytest.mark.parametrize("length", range(CHUNK_BYTES - 3, CHUNK_BYTES + 4))
def test_no_row_is_lost_where_a_block_ends(tmp_path: Path, length: int) -> None:
    rows = rows_of_minutes(6_000)
    kept, size = [HEADER.strip() + ",note\n"], len(HEADER) + 5
    for row in rows:
        room = length - size - len(row) - 1
        note = "n" * room if 0 <= room < 60 else ""
        kept.append(f"{row.strip()},{note}\r\n" if note == "nn" else f"{row.strip()},{note}\n")
        size += len(kept[-1])
    columns = read_csv(write(tmp_path, "".join(kept)))
    assert columns.volume.tolist() == list(range(6_000))


@pytest.mark.parametrize("length", [CHUNK_BYTES, 2 * CHUNK_BYTES + 5])
def test_blank_lines_before_a_later_block_are_an_error(tmp_path: Path, length: int) -> None:
    content = (HEADER + BAR).ljust(length, "\n") + "2020-01-02,10,11,9,10,100\n"
    assert problems_of(write(tmp_path, content)) == ["3 E-ROW"]


def test_another_time_zone_is_an_error_in_the_same_block_and_in_later_ones(tmp_path: Path) -> None:
    rows = [row.replace(",", "+01:00,", 1) for row in rows_of_minutes(20_000)]
    rows[1_000] = rows[1_000].replace("+01:00", "Z")
    assert problems_of(write(tmp_path, HEADER + "".join(rows))) == ["1002 E-TS-ZONE"]
    rows[1_000:] = [row.replace("+01:00", "Z") for row in rows[1_000:]]
    with pytest.raises(DataError, match="19000 problems"):
        read_csv(write(tmp_path, HEADER + "".join(rows)))


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("", "E-EMPTY", "the first line is blank"),
        (HEADER, "E-EMPTY", "no bar"),
        (HEADER.strip(), "E-EMPTY", "no bar"),
        ("\n" + HEADER + BAR, "E-EMPTY", "the first line is blank"),
        (BAR, "E-COLUMNS", "no column says timestamp, open, high, low, close"),
        (HEADER.replace("low", "lo") + BAR, "E-COLUMNS", "no column says low; found 'timestamp'"),
        (HEADER.replace(",", "|") + BAR, "E-COLUMNS", "separated by commas"),
        ("date," + HEADER + "2020-01-01," + BAR, "E-COLUMNS", "columns 1 and 2 both say timestamp"),
        ('"timestamp,open\n' + BAR, "E-QUOTE", "quotes"),
        (HEADER + "1" * (2 * CHUNK_BYTES), "E-ROW", "a line of more than"),
    ],
)
def test_a_file_that_cannot_hold_bars_is_refused(tmp_path: Path, content: str, code: str, said: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=said) as caught:
        read_csv(path)
    assert caught.value.code == code
    assert str(caught.value).startswith(str(path))


def test_shipped_data_is_read_as_a_plain_loop_reads_it(spy_csv: Path) -> None:
    rows = [line.split(",") for line in spy_csv.read_text().splitlines()]
    columns = read_csv(spy_csv)
    for position, name in enumerate(rows[0][1:], start=1):
        assert getattr(columns, name).tolist() == [float(row[position]) for row in rows[1:]]
    assert columns.time_ns.astype("M8[ns]").astype("M8[D]").astype(str).tolist() == [row[0] for row in rows[1:]]


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.text(alphabet='0123456789.,-:T "\r\n\t_enaif', max_size=200).map(str.encode))
def test_no_bytes_lead_to_anything_but_columns_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp(), HEADER.encode() + body)
    assert_columns_or_data_error(path)


@settings(max_examples=150)
@given(st.data())
def test_no_damage_to_a_good_file_leads_to_anything_but_columns_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray((HEADER + "".join(rows_of_minutes(4))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = write(tmp_path_factory.getbasetemp(), bytes(content))
    assert_columns_or_data_error(path)

"""Reading whole blocks gives the same bits as reading row by row, and never accepts more."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase_worker.contract import DataError
from topologies.components.data.columns import NUMBERS, find_layout
from topologies.components.data.csv_blocks import parse_block
from topologies.components.data.csv_rows import parse_row

NAMES = ["timestamp", "open", "high", "low", "close", "volume", "adj_close"]

digits = st.text("0123456789", min_size=1, max_size=20)
plain_numbers = st.one_of(
    digits,
    st.tuples(digits, digits).map(".".join),
    digits.map("{}.".format),
    digits.map(".{}".format),
    st.floats(min_value=0, allow_nan=False, allow_infinity=False).map(lambda value: f"{Decimal(repr(value)):f}"),
    st.integers(2**53 - 3, 2**53 + 3).map(str),
    st.integers(2**53 - 3, 2**53 + 3).map(lambda value: f"{str(value)[:8]}.{str(value)[8:]}"),
)
iso_times = st.datetimes(
    min_value=np.datetime64("1678-01-01", "us").item(), max_value=np.datetime64("2261-12-31", "us").item()
)
time_texts = st.one_of(
    st.lists(iso_times.map(lambda time: f"{time:%Y-%m-%d}"), min_size=4, max_size=4),
    st.lists(iso_times.map(lambda time: f"{time:%Y-%m-%d %H:%M}"), min_size=4, max_size=4),
    st.lists(iso_times.map(lambda time: f"{time:%Y-%m-%dT%H:%M:%S}"), min_size=4, max_size=4),
    st.lists(iso_times.map(lambda time: f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"), min_size=4, max_size=4),
    st.lists(iso_times.map(lambda time: f"{time:%Y-%m-%d %H:%M:%S}.123456789-05:30"), min_size=4, max_size=4),
    st.lists(st.integers(10**9, 9_214_646_399).map(str), min_size=4, max_size=4),
    st.lists(st.integers(10**12, 9_214_646_399_999).map(str), min_size=4, max_size=4),
)


def assert_as_row_by_row(block: str, names: list[str]) -> None:
    """That the block is not read at all, or to the same bits as its rows one by one."""
    layout = find_layout(names, "test")
    parsed = parse_block(block, layout)
    if parsed is None:
        return
    zone, columns = parsed
    rows = [parse_row(line.removesuffix("\r"), layout) for line in block.split("\n")]
    assert columns.time_ns.tolist() == [row[0] for row in rows]
    assert [zone] * len(rows) == [row[1] for row in rows]
    for position, name in enumerate(layout.numbers):
        expected = np.array([row[2][position] for row in rows])
        assert getattr(columns, name).tobytes() == expected.tobytes()


@settings(max_examples=150)
@given(
    time_texts,
    st.lists(st.lists(plain_numbers, min_size=6, max_size=6), min_size=4, max_size=4),
    st.permutations(range(7)),
    st.sampled_from(["\n", "\r\n"]),
)
def test_ordinary_rows_are_read_to_the_same_bits(
    times: list[str], numbers: list[list[str]], order: list[int], line_end: str
) -> None:
    rows = [[time, *row] for time, row in zip(times, numbers, strict=True)]
    block = line_end.join(",".join(row[n] for n in order) for row in rows)
    names = [NAMES[n] for n in order]
    assert parse_block(block, find_layout(names, "test")) is not None
    assert_as_row_by_row(block, names)


@settings(max_examples=150)
@given(st.data())
def test_damaged_rows_are_left_alone_or_read_to_the_same_bits(data: st.DataObject) -> None:
    rows = [f"2020-01-0{day} 10:00:00,100.125,101.5,99.875,100.25,{day}000000,1.5" for day in range(1, 5)]
    block = bytearray("\n".join(rows).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        byte = data.draw(st.sampled_from(b'0129.,-:T "\r\n\v+eZ_x\x00\xff') | st.integers(0, 255))
        block[data.draw(st.integers(0, len(block) - 1))] = byte
    try:
        assert_as_row_by_row(block.decode("utf-8", "replace"), NAMES)
    except DataError as error:
        pytest.fail(f"accepted as a block, but not row by row: {error}")


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "00000000000000000000001.5",
        "4.35",
        "2.675",
        "0.30000000000000004",
        "102.29000091552734",
        "99999999.99999999",
        "123456789.123456789",
        "9007199254740991",
        "9007199254740993",
        "1234567890123456789",
    ],
)
def test_a_number_is_the_nearest_float(number: str) -> None:
    block = f"2020-01-01,{number},1,1,1,1,1"
    parsed = parse_block(block, find_layout(NAMES, "test"))
    assert parsed is not None
    assert parsed[1].open.tolist() == [float(number)]


@pytest.mark.parametrize("name", NUMBERS)
def test_each_column_is_read_from_its_own_place(name: str) -> None:
    fields = dict.fromkeys(NAMES, "1") | {"timestamp": "2020-01-01", name: "2.5"}
    parsed = parse_block(",".join(fields.values()), find_layout(NAMES, "test"))
    assert parsed is not None
    assert {other: getattr(parsed[1], other).tolist() for other in NUMBERS} == {
        other: [2.5 if other == name else 1.0] for other in NUMBERS
    }

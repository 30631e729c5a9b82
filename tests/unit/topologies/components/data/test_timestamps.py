"""Timestamps mean what ISO 8601 says, to the nanosecond, or they are refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from phase_worker.contract import DataError
from topologies.bars import IntArray
from topologies.components.data.timestamps import Shape, epoch_unit_ns, parse_column, parse_timestamp, shape_of

SECOND = 10**9
NEW_YEAR_2020 = 1_577_836_800 * SECOND


def column(texts: list[str], shape: Shape) -> IntArray | None:
    """Parse texts in an array that has room for one character more than those of `shape` have."""
    return parse_column(np.array(texts, f"S{len(shape.literal)}"), shape)


def parse_one_in_a_column(text: str) -> tuple[int, str]:
    shape = shape_of(text)
    assert shape is not None
    times = column([text] * 3, shape)
    assert times is not None
    assert len(set(times.tolist())) == 1
    return int(times[0]), shape.zone


@pytest.mark.parametrize("parse", [parse_timestamp, parse_one_in_a_column])
@pytest.mark.parametrize(
    ("text", "time_ns", "zone"),
    [
        ("2020-01-01", NEW_YEAR_2020, ""),
        ("2020-01-01 00:00", NEW_YEAR_2020, ""),
        ("2020-01-01T00:00:01", NEW_YEAR_2020 + SECOND, ""),
        ("2020-01-01 23:59:59.5", NEW_YEAR_2020 + 86_399 * SECOND + SECOND // 2, ""),
        ("2020-01-01 00:00:00.123456789", NEW_YEAR_2020 + 123_456_789, ""),
        ("2020-01-01 00:00:00.120", NEW_YEAR_2020 + 120_000_000, ""),
        ("2020-01-01T00:00:00Z", NEW_YEAR_2020, "+00:00"),
        ("2020-01-01T00:00:00-00:00", NEW_YEAR_2020, "+00:00"),
        ("2019-12-31 19:00:00-05:00", NEW_YEAR_2020, "-05:00"),
        ("2020-01-01T05:45+05:45", NEW_YEAR_2020, "+05:45"),
        ("2020-02-29", NEW_YEAR_2020 + 59 * 86_400 * SECOND, ""),
        ("1969-12-31 23:59:59.999999999", -1, ""),
        ("1678-01-01", -9_214_560_000 * SECOND, ""),
        ("2261-12-31 23:59:59", 9_214_646_399 * SECOND, ""),
        ("1577836800", NEW_YEAR_2020, "epoch seconds"),
        ("1577836800001", NEW_YEAR_2020 + 1_000_000, "epoch milliseconds"),
        ("100000000", 10**8 * SECOND, "epoch seconds"),
        ("9214646399", 9_214_646_399 * SECOND, "epoch seconds"),
        ("1577836800000001", NEW_YEAR_2020 + 1_000, "epoch microseconds"),
        ("20200101", NEW_YEAR_2020, ""),
        ("20200101 000001", NEW_YEAR_2020 + SECOND, ""),
        ("20200101 00:01", NEW_YEAR_2020 + 60 * SECOND, ""),
        ("2020.01.01 00:01", NEW_YEAR_2020 + 60 * SECOND, ""),
        ("01.01.2020 00:00:01.500", NEW_YEAR_2020 + 1_500_000_000, ""),
        ("29.02.2020", NEW_YEAR_2020 + 59 * 86_400 * SECOND, ""),
    ],
)
def test_timestamp_is_read_to_the_nanosecond(
    parse: Callable[[str], tuple[int, str]], text: str, time_ns: int, zone: str
) -> None:
    assert parse(text) == (time_ns, zone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020010",
        "2020-1-1",
        "2020-01-01 ",
        "2020-01-01  00:00",
        "2020-01-01Z",
        "2020-01-01 00",
        "2020-01-01 00:00:00.",
        "2020-01-01 00:00:00.0123456789",
        "2020-01-01 00:00:00 Z",
        "2020-01-01 00:00:00+0100",
        "2020-01-01 00:00:00+24:00",
        "2020-01-01 00:00:00+01:60",
        "2020-01-01 24:00:00",
        "2020-01-01 00:60:00",
        "2020-01-01 00:00:60",
        "2020-13-01",
        "2020-00-01",
        "2020-01-00",
        "2020-01-32",
        "2021-02-29",
        "1900-02-29",
        "1677-12-31",
        "2262-01-01",
        "0000-01-01",
        "２０２０-01-01",  # noqa: RUF001 (full-width digits)
        "99999999",
        "9214646400",
        "99999999999",
        "15778368000000000",
        "-1577836800",
        "1577836800.0",
        "now",
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_timestamp(text)
    assert caught.value.code == "E-TS"
    assert shape_of(text) is None


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("2020-01-01", "2020-13-01"),
        ("2020-01-01", "2020-00-01"),
        ("2020-01-01", "2020-01-00"),
        ("2020-01-01", "2021-02-29"),
        ("2020-01-01", "2262-01-01"),
        ("2020-01-01", "2020-01/01"),
        ("2020-01-01", "2020-01-0:"),
        ("2020-01-01", "2020-01-010"),
        ("2020-01-01", "2020-01-0"),
        ("2020-01-01", ""),
        ("2020-01-01 10:00:00", "2020-01-01 24:00:00"),
        ("2020-01-01 10:00:00", "2020-01-01 10:60:00"),
        ("2020-01-01 10:00:00", "2020-01-01 10:00:60"),
        ("2020-01-01 10:00:00", "2020-01-01T10:00:00"),
        ("2020-01-01T10:00:00+01:00", "2020-01-01T10:00:00+02:00"),
        ("1577836800", "157783680."),
        ("1577836800", "9999999999"),
        ("1577836800", "0000000001"),
    ],
)
def test_a_column_with_one_bad_timestamp_or_one_of_another_shape_is_left(first: str, other: str) -> None:
    shape = shape_of(first)
    assert shape is not None
    assert column([first, other], shape) is None


def test_every_day_of_the_calendar_is_in_its_place() -> None:
    days = [datetime.fromtimestamp(day * 86_400, UTC) for day in range(-106_000, 106_000, 7)]
    shape = shape_of("2000-01-01")
    assert shape is not None
    times = column([f"{day:%Y-%m-%d}" for day in days], shape)
    assert times is not None
    assert times.tolist() == [day * 86_400 * SECOND for day in range(-106_000, 106_000, 7)]


@pytest.mark.parametrize("count", [0, 1, 10**8 - 1, 9_214_646_400, 10**11 - 1, 9_214_646_400_000, 10**16])
def test_an_ambiguous_epoch_count_has_no_unit(count: int) -> None:
    assert epoch_unit_ns(count) == 0

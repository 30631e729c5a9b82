"""Files of market data: mostly sound bars, with something hostile here and there."""

import gzip
import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.fakes.vendor_files import VENDORS, zstandard

HEADER = ("timestamp", "open", "high", "low", "close", "volume")
_HEADERS = (
    HEADER,
    ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"),
    ("time", "open", "high", "low", "close"),
    (" DateTime ", "volume", "close", "note", "low", "high", "open"),
)
_HOSTILE_CELLS = (
    *(
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "1_000",
        "\uff11\uff10\uff10",
        "0x10",
        "+1",
        ".5",
        "5.",
        "1e-400",
        "0",
        "-1",
        "null",
    ),
    *('"', '"a', '"1,5"', '""', "'1'", "1;2", "1.2.3", "9" * 400, "1" * 5000, "\0", "\x85", "\u2028", "\ufeff", "é"),
    *("2020-02-30", "2020-13-01", "0001-01-01", "9999-12-31", "1677-12-31", "2262-01-01", "2020-01-01T24:00:00"),
    *("2020-01-01T00:00:00+25:00", "2020-01-01T00:00:00Z", "1577836800", "1577836800000", "20200101", "01/02/2020"),
)
_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M+02:00", "%Y-%m-%d %H:%M:%S.%f", "s")
_STEPS = (timedelta(days=1), timedelta(minutes=1), timedelta(0), timedelta(days=-1), timedelta(days=40_000))

hostile_cells = st.one_of(st.sampled_from(_HOSTILE_CELLS), st.text(max_size=6))


@st.composite
def csv_texts(draw: st.DrawFn) -> bytes:
    """A CSV file."""
    header = list(draw(st.sampled_from(_HEADERS)))
    count, step = draw(st.sampled_from((0, 1, 2, 3, 5, 8, 8, 12))), draw(st.sampled_from((*[_STEPS[0]] * 9, *_STEPS)))
    time_format = draw(st.sampled_from(_FORMATS))
    rows = [_row(draw, header, number, step, time_format) for number in range(count)]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 3]))):
        lines = [header, *rows]
        line = lines[draw(st.integers(0, count))]
        if line:
            line[draw(st.integers(0, len(line) - 1))] = draw(hostile_cells)
            line[:] = draw(st.sampled_from([line, line, line, line[:-1], [*line, "1"], (line * 300)[:3000], [""]]))
    return _as_file(draw, [",".join(cells) for cells in (header, *rows)])


@st.composite
def vendor_texts(draw: st.DrawFn) -> bytes:
    """A CSV file in one of the dialects."""
    vendor = draw(st.sampled_from(list(VENDORS.values())))
    step = draw(st.sampled_from([timedelta(days=1), vendor.shortest_step]))
    rows = vendor.sound(draw(st.sampled_from((0, 1, 2, 3, 5, 8, 8, 12))), step)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 3]))):
        if rows:
            row = draw(st.sampled_from(rows))
            row[draw(st.sampled_from(list(row)))] = draw(hostile_cells)
    lines = vendor.lines(rows)
    if lines and draw(st.integers(1, 4)) == 1:
        at = draw(st.integers(0, len(lines) - 1))
        line, stranger = lines[at], draw(st.sampled_from(list(VENDORS.values())))
        cut = draw(st.integers(0, len(line)))
        lines[at : at + 1] = draw(
            st.sampled_from(
                [[], [line[:cut]], [line, line], [line[:cut] + "\n" + line[cut:]], stranger.lines(rows[:2])]
            )
        )
    return _as_file(draw, lines)


def _as_file(draw: st.DrawFn, lines: list[str]) -> bytes:
    newline = draw(st.sampled_from([*["\n"] * 6, *["\r\n"] * 3, "\r", "\n\n", " \n"]))
    start, end = draw(st.sampled_from([*[""] * 9, "\ufeff", "\n"])), draw(st.sampled_from(["", newline, newline * 3]))
    text = start + newline.join(lines) + end
    return text.encode(draw(st.sampled_from(["utf-8"] * 9 + ["utf-16", "latin-1"])), "replace")


def _row(draw: st.DrawFn, header: list[str], number: int, step: timedelta, time_format: str) -> list[str]:
    try:
        time = datetime(2020, 1, 1) + number * step  # noqa: DTZ001  written without a zone
    except OverflowError:
        time = datetime(9999, 12, 31)  # noqa: DTZ001
    price = 100 + draw(st.integers(-3, 3))
    cells = {"open": price, "high": price + 2, "low": price - 2, "close": price + 1, "adjclose": price / 2, "volume": 5}
    written = str(1_577_836_800 + 60 * number) if time_format == "s" else time.strftime(time_format)
    return [str(cells.get(name.strip().lower().replace(" ", ""), written)) for name in header]


texts = st.one_of(csv_texts(), vendor_texts())


@st.composite
def gzip_files(draw: st.DrawFn) -> bytes:
    """A compressed CSV file, in one member or several, now and then cut or with something behind it."""
    content, level = draw(texts), draw(st.sampled_from([0, 1, 9]))
    cut = draw(st.integers(0, len(content)))
    whole = gzip.compress(content[:cut], level, mtime=0) + gzip.compress(content[cut:], level, mtime=0)
    return _with_ends(draw, whole)


@st.composite
def zst_files(draw: st.DrawFn) -> bytes:
    """The same in zstd frames."""
    content = draw(texts)
    cut = draw(st.integers(0, len(content)))
    return _with_ends(draw, zstandard(content[:cut]) + zstandard(content[cut:]))


@st.composite
def zip_files(draw: st.DrawFn) -> bytes:
    """An archive of a CSV file, packed in any way, now and then of several files, or of none."""
    methods = (*[zipfile.ZIP_DEFLATED] * 9, *[zipfile.ZIP_STORED] * 3, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", draw(st.sampled_from(methods))) as archive:
        for number in range(draw(st.sampled_from([*[1] * 9, 0, 2]))):
            archive.writestr(f"{number}/{draw(st.sampled_from(['bars.csv', '../bars', 'é', '']))}", draw(texts))
    return _with_ends(draw, stream.getvalue())


def _with_ends(draw: st.DrawFn, whole: bytes) -> bytes:
    end = draw(st.sampled_from([*[0] * 12, 1, 4, 9, len(whole) // 2]))
    return whole[: len(whole) - end] + draw(st.sampled_from([*[b""] * 9, b"\0", b"garbage", whole[:4]]))


@st.composite
def parquet_files(draw: st.DrawFn) -> bytes:
    """A Parquet file whose columns have the right types, or any."""
    import pyarrow as pa
    from pyarrow import parquet

    count = draw(st.integers(0, 6))
    names = list(draw(st.sampled_from(_HEADERS)))
    columns = [_column(draw, name, count) for name in names]
    if draw(st.integers(1, 8)) == 1:
        names[draw(st.integers(0, len(names) - 1))] = draw(hostile_cells)
    table = pa.Table.from_arrays(columns, names=names)
    stream = io.BytesIO()
    options: dict[str, Any] = {
        "compression": draw(st.sampled_from(["snappy", "gzip", "zstd", "none"])),
        "use_dictionary": draw(st.booleans()),
        "row_group_size": draw(st.sampled_from([1, 2, 1000])),
        "data_page_version": draw(st.sampled_from(["1.0", "2.0"])),
    }
    try:
        parquet.write_table(table, stream, **options)
    except (pa.ArrowException, UnicodeError):  # this cannot be written
        parquet.write_table(pa.table({"timestamp": [1.5]}), stream)
    return stream.getvalue()


def _column(draw: st.DrawFn, name: str, count: int) -> Any:
    import pyarrow as pa

    times = np.datetime64("2020-01-01", "s") + np.arange(count)
    price = 100.0 + np.array(draw(st.lists(st.integers(-1, 1), min_size=count, max_size=count)), "f8")
    word = name.strip().lower()
    sound = {"high": price + 5, "low": price - 5}.get(word, price)
    is_time = word in ("timestamp", "date", "datetime", "time")
    usual: list[Any] = [times.astype("M8[ms]"), times.astype("M8[ns]"), times.astype("i8")] if is_time else [sound]
    if draw(st.integers(1, 30)) > 1:
        return pa.array(usual[draw(st.integers(0, len(usual) - 1))])
    number = st.one_of(st.none(), st.floats(width=32), st.integers(-(2**31), 2**40))
    listed = draw(st.lists(number, min_size=count, max_size=count))
    unusual = (
        lambda: pa.array(listed, pa.float64(), from_pandas=False),
        lambda: pa.array([int(x) if x is not None and abs(x) < 2**62 else None for x in listed], pa.int64()),
        lambda: pa.array([2**64 - 1] * count, pa.uint64()),
        lambda: pa.array(price.astype("f4")),
        lambda: pa.array(price.astype("f2")),
        lambda: pa.array([Decimal("100.25")] * count, pa.decimal128(30, 10)),
        lambda: pa.array([Decimal("1e50")] * count, pa.decimal256(70, 2)),
        lambda: pa.array([str(x) for x in listed]),
        lambda: pa.array([str(x) for x in listed]).dictionary_encode(),
        lambda: pa.array(price).dictionary_encode(),
        lambda: pa.array([b"\xff"] * count),
        lambda: pa.array([True] * count),
        lambda: pa.nulls(count),
        lambda: pa.nulls(count, pa.float64()),
        lambda: pa.array([{"open": 1.0}] * count, pa.struct({"open": pa.float64()})),
        lambda: pa.array([[1.0]] * count, pa.list_(pa.float64())),
        lambda: pa.array(times.astype("M8[s]").astype("i8"), pa.time64("us")),
        lambda: pa.array(times.astype("i8"), pa.duration("s")),
        lambda: pa.array([-(2**62)] * count, pa.timestamp("s")),
        lambda: pa.array(times).cast(pa.timestamp("us", "Asia/Kolkata")),
        lambda: pa.array(times).cast(pa.date32()),
    )
    return unusual[draw(st.integers(0, len(unusual) - 1))]()

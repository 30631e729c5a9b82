"""The same bars as each vendor writes them, cell by cell, so that any cell of any dialect can be spoilt."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from phase_worker.contract import DataError, zstd
from phase_worker.discovery import get_component_registry
from topologies.components.data.columns import Columns
from topologies.components.data.reading import AS_IT_IS, Reading
from topologies.market_files import read_source

Cells = dict[str, str]
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Vendor:
    """`head`, the lines before the bars; `row`, in which {time}, {open} and so on stand for the cells.

    `time` is a format of strftime, or ms or us; `price` is that of a whole price.
    """

    head: str
    row: str
    time: str = "%Y-%m-%d"
    price: str = "{}"
    newest_first: bool = False

    @property
    def delimiter(self) -> str:
        return self.row[self.row.index("{high}") - 1]

    @property
    def shortest_step(self) -> timedelta:
        """Between two bars whose times can be told apart."""
        return timedelta(minutes=1) if self.time in ("ms", "us") or "%H" in self.time else timedelta(days=1)

    def cells(self, number: int, step: timedelta = timedelta(days=1)) -> Cells:
        """A sound bar, the one with this number."""
        moment = FIRST + number * step
        units = {"ms": 10**3, "us": 10**6}
        time = f"{int(moment.timestamp()) * units[self.time]}" if self.time in units else moment.strftime(self.time)
        prices = {"open": 100, "high": 103 + number % 3, "low": 98, "close": 101 + number % 2}
        written = {name: self.price.format(price) for name, price in prices.items()}
        return {"time": time, **written, "volume": str(100 + number)}

    def sound(self, count: int, step: timedelta = timedelta(days=1)) -> list[Cells]:
        """The first `count` bars in the order of such a file."""
        numbers = range(count)
        return [self.cells(number, step) for number in (reversed(numbers) if self.newest_first else numbers)]

    def lines(self, rows: Sequence[Mapping[str, str]]) -> list[str]:
        """The lines of a file with these bars."""
        return [*self.head.splitlines(), *(self.row.format_map(cells) for cells in rows)]


_OHLCV = "{open},{high},{low},{close},{volume}"
VENDORS = {
    "plain": Vendor("timestamp,open,high,low,close,volume", "{time}," + _OHLCV),
    "plain with clocks": Vendor("time,open,high,low,close,volume", "{time}," + _OHLCV, _CLOCK),
    "semicolons": Vendor("Date;Open;High;Low;Close;Volume", "{time};{open};{high};{low};{close};{volume}", "%d.%m.%Y"),
    "yahoo": Vendor("Date,Open,High,Low,Close,Adj Close,Volume", "{time},{open},{high},{low},{close},50,{volume}"),
    "yfinance": Vendor(
        "Price,Adj Close,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY,SPY\nDate,,,,,,",
        "{time},50,{close},{high},{low},{open},{volume}",
    ),
    "stooq": Vendor("Date,Open,High,Low,Close,Volume", "{time}," + _OHLCV),
    "stooq bulk": Vendor(
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
        "SPY.US,5,{time}," + _OHLCV + ",0",
        "%Y%m%d,%H%M%S",
    ),
    "alpha vantage": Vendor(
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
        "{time},{open},{high},{low},{close},50,{volume},0.0000,1.0",
        newest_first=True,
    ),
    "binance": Vendor("", "{time}," + _OHLCV + ",1577923199999,1,2,3,4,0", "ms"),
    "binance since 2025": Vendor("", "{time}," + _OHLCV + ",1577923199999999,1,2,3,4,0", "us"),
    "dukascopy": Vendor("Gmt time,Open,High,Low,Close,Volume", "{time}," + _OHLCV, "%d.%m.%Y %H:%M:%S.000"),
    "histdata": Vendor("", "{time};{open};{high};{low};{close};{volume}", "%Y%m%d %H%M%S"),
    "metatrader": Vendor("", "{time}," + _OHLCV, "%Y.%m.%d,%H:%M"),
    "metatrader 5": Vendor(
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
        "{time}\t{open}\t{high}\t{low}\t{close}\t7\t{volume}\t1",
        "%Y.%m.%d\t%H:%M:%S",
    ),
    "lean": Vendor("", "{time}," + _OHLCV, "%Y%m%d %H:%M", price="{}.5"),
    "lean equity": Vendor("", "{time}," + _OHLCV, "%Y%m%d %H:%M", price="{}0000"),
}


def zipped(content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("bars.csv", content)
    return stream.getvalue()


def zstandard(content: bytes) -> bytes:
    """A zstd frame."""
    compressed: bytes = zstd().compress(content)
    return compressed


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".csv": lambda content: content,
    ".csv.gz": lambda content: gzip.compress(content, 1, mtime=0),
    ".csv.zst": zstandard,
    ".zip": zipped,
}
PACKED = [(name, suffix) for name in ("plain", "lean equity", "binance") for suffix in COMPRESSIONS if suffix != ".csv"]
TEXTS = [*((name, ".csv") for name in VENDORS), *PACKED]
FORMS = [*TEXTS, ("plain", ".parquet")]


def spoilt(vendor: Vendor, sound: Cells, changes: dict[str, int | str]) -> Cells:
    """A bar with these cells, numbers as the vendor writes them."""
    written = {name: vendor.price.format(cell) if isinstance(cell, int) else cell for name, cell in changes.items()}
    if "time" in written and vendor.delimiter in sound["time"]:
        written["time"] += vendor.delimiter + sound["time"].partition(vendor.delimiter)[2]
    return sound | {name: cell.replace("<delimiter>", vendor.delimiter) for name, cell in written.items()}


def write_bars(folder: Path, vendor: Vendor, suffix: str, rows: list[Cells]) -> Path:
    """A file of this kind with these bars."""
    path = folder / f"data{suffix}"
    if suffix == ".parquet":
        pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        names = {"timestamp": "time"} | {name: name for name in ("open", "high", "low", "close", "volume")}
        columns = {name: pa.array([row[cell] for row in rows]) for name, cell in names.items()}
        types = {name: "timestamp[ms]" if name == "timestamp" else "double" for name in names}
        parquet.write_table(pa.table({name: column.cast(types[name]) for name, column in columns.items()}), path)
    else:
        write_text(path, "\n".join(vendor.lines(rows)) + "\n")
    return path


def write_text(path: Path, text: str) -> None:
    """As bytes, in which a lone surrogate stands for one that is not UTF-8, compressed as its name says."""
    compress = COMPRESSIONS[path.name.removeprefix("data")]
    path.write_bytes(compress(text.encode(errors="surrogateescape")))


def read(path: Path, reading: Reading = AS_IT_IS) -> Columns:
    """The bars of a file of any kind."""
    return read_source(get_component_registry(), path, reading)


def error_of(path: Path, reading: Reading = AS_IT_IS) -> DataError:
    """Why the file is refused."""
    with pytest.raises(DataError) as caught:
        read(path, reading)
    return caught.value


def refusal(path: Path, reading: Reading = AS_IT_IS) -> tuple[str, str]:
    """The code of the file's first problem, and the place of the last that is told."""
    error = error_of(path, reading)
    found = re.match(rf"(row \d+|\d+): (error )?{error.code}: ", str(error).splitlines()[-1].removeprefix(f"{path}:"))
    return error.code, found[1] if found else str(error)


def place(vendor: Vendor, suffix: str, row: int) -> str:
    """The place of the bar that is the `row`-th in a file, counted from 0."""
    return f"row {row + 1}" if suffix == ".parquet" else str(len(vendor.head.splitlines()) + row + 1)

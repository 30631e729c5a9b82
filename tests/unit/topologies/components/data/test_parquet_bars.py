"""A Parquet file gives the same bars as a CSV file of the same content, under the same checks."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract import DataError
from phase_worker.discovery import get_component_registry
from topologies.components.data.parquet_bars import read_parquet

ROOT = Path(__file__).parents[5]
Write = Callable[..., Path]

TIMES = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "M8[ms]")
BARS = {"open": [10.0, 11.0, 12.0], "high": [13.0] * 3, "low": [9.0] * 3, "close": [11.0, 12.0, 12.5]}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a Parquet file with these columns instead of, or besides, those of BARS."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def write_columns(**columns: Any) -> Path:
        path = tmp_path / "data.parquet"
        parquet.write_table(pa.table({"timestamp": TIMES} | BARS | columns), path)
        return path

    return write_columns


def test_columns_are_those_of_the_file(write: Write) -> None:
    columns = read_parquet(write(volume=[1.0, 2.0, 3.0], adj_close=[5.0, 6.0, 7.0], note=["a", "b", "c"]))
    assert columns.time_ns.tolist() == [time * 10**9 for time in (1_577_836_800, 1_577_923_200, 1_578_009_600)]
    assert (columns.open.tolist(), columns.high.tolist()) == (BARS["open"], BARS["high"])
    assert (columns.low.tolist(), columns.close.tolist()) == (BARS["low"], BARS["close"])
    assert columns.volume.tolist() == [1.0, 2.0, 3.0]
    assert columns.adj_close is not None
    assert columns.adj_close.tolist() == [5.0, 6.0, 7.0]
    assert (columns.time_ns.dtype, columns.volume.dtype) == (np.int64, np.float64)


def test_source_is_found_by_the_suffix_parquet() -> None:
    assert get_component_registry().get("bar_source", "parquet").metadata["suffixes"] == (".parquet",)


@pytest.mark.parametrize(
    "make_times",
    [
        pytest.param(lambda pa: pa.array(TIMES).cast(pa.timestamp("us", "America/New_York")), id="zone"),
        pytest.param(lambda pa: pa.array(TIMES.astype("M8[ns]")), id="nanoseconds"),
        pytest.param(lambda pa: pa.array([date(2020, 1, day) for day in (1, 2, 3)]), id="dates"),
        pytest.param(lambda pa: pa.array(TIMES.astype("M8[s]").astype(np.int64)), id="epoch seconds"),
        pytest.param(lambda pa: pa.array(TIMES.astype(np.int64)), id="epoch milliseconds"),
    ],
)
def test_timestamps_of_every_type_are_the_same_instants(write: Write, make_times: Callable[[Any], Any]) -> None:
    times = make_times(pytest.importorskip("pyarrow"))
    assert read_parquet(write(timestamp=times)).time_ns.tolist() == TIMES.astype("M8[ns]").astype(np.int64).tolist()


@pytest.mark.parametrize(
    "values", [np.array([1, 2, 3]), np.array([1, 2, 3], "f4"), [Decimal("1.0"), Decimal(2), Decimal(3)]]
)
def test_numbers_of_every_type_become_float64(write: Write, values: Any) -> None:
    assert read_parquet(write(volume=values)).volume.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"open": [10.0, None, 12.0]}, "data.parquet:row 2: E-NAN: open is nan"),
        ({"close": [10.0, 11.0, np.inf]}, "data.parquet:row 3: E-NAN: close is inf"),
        ({"high": [8.0, 13.0, 13.0]}, "data.parquet:row 1: E-HIGH-LOW: high 8.0 is below low 9.0"),
        ({"timestamp": TIMES[[0, 0, 1]]}, "data.parquet:row 2: E-TS-DUP: "),
        ({"timestamp": TIMES[[0, 2, 1]]}, "data.parquet:row 3: E-TS-ORDER: "),
        ({"timestamp": np.array(["2020-01-01", "NaT", "2020-01-03"], "M8[ms]")}, "data.parquet:row 2: E-TS: "),
        ({"timestamp": [1, 2, 3]}, "column 'timestamp': error E-TS: these integers are not all epoch seconds"),
        ({"timestamp": [1577836800, 1577923200, 1578009600000]}, "E-TS: these integers are not all epoch seconds"),
        (
            {"timestamp": ["2020-01-01", "2020-01-02", "2020-01-03"]},
            "error E-TS: is of type string: expected a timestamp",
        ),
        (
            {"timestamp": np.array(["0001-01-01"] * 3, "M8[s]")},
            "error E-PARQUET: cannot be read as Parquet: .*out of bounds",
        ),
        ({"low": ["9", "9", "9"]}, "column 'low': error E-NUMBER: is of type string: expected a number"),
        ({"Date": TIMES}, "error E-COLUMNS: columns 1 and 6 both say timestamp"),
    ],
)
def test_what_is_wrong_is_reported_with_its_row(write: Write, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_parquet(write(**changed))


def test_a_file_without_rows_is_refused(write: Write) -> None:
    empty = {name: np.array([], "f8") for name in BARS}
    with pytest.raises(DataError, match="no bar in this file") as caught:
        read_parquet(write(timestamp=TIMES[:0], **empty))
    assert caught.value.code == "E-EMPTY"


def test_damaged_and_foreign_files_are_refused(write: Write) -> None:
    path = write(note=["x" * 1_000] * 3)
    good = path.read_bytes()
    middle = len(good) // 2
    for bad in (b"", b"timestamp,open\n", good[:-1], good[:middle], good[:middle] + b"\xff" * 50 + good[middle + 50 :]):
        path.write_bytes(bad)
        with pytest.raises(DataError, match="cannot be read as Parquet") as caught:
            read_parquet(path)
        assert caught.value.code == "E-PARQUET"


def test_columns_are_told_apart_by_name_in_any_order(write: Write) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = write()
    parquet.write_table(
        pa.table({"volume": [1.0, 2.0, 3.0], "Close": BARS["close"]} | BARS | {"time": TIMES}).drop("close"), path
    )
    columns = read_parquet(path)
    assert (columns.close.tolist(), columns.volume.tolist()) == (BARS["close"], [1.0, 2.0, 3.0])
    assert (columns.open.tolist(), columns.low.tolist()) == (BARS["open"], BARS["low"])


def test_a_column_of_texts_is_refused_unread(write: Write) -> None:
    pa = pytest.importorskip("pyarrow")
    texts = pa.DictionaryArray.from_arrays([0] * 3, ["x" * 50_000_000]).cast("string")
    path = write(open=texts)
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(DataError, match="column 'open': error E-NUMBER: is of type string"):
        read_parquet(path)
    assert pa.default_memory_pool().max_memory() == before


def test_what_arrow_says_of_a_damaged_file_is_one_line_that_can_be_shown(write: Write) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = write()
    parquet.write_table(parquet.read_table(path), path, store_schema=False)
    good = path.read_bytes()
    damaged = [good.replace(b"close", b"cl\xffse"), *(good[:at] + b"\x0f" + good[at + 1 :] for at in range(4, 600))]
    said = [message for bad in damaged if (message := complaint(path, bad))]
    assert len(said) > 100
    assert all(line.isprintable() for message in said for line in message.splitlines())
    assert not [message for message in said if "E-PARQUET" in message and "\n" in message]


def complaint(path: Path, content: bytes) -> str:
    """What is said of a file with this content; nothing if it is read."""
    path.write_bytes(content)
    try:
        read_parquet(path)
    except DataError as error:
        return str(error)
    return ""


def test_a_file_that_is_not_there_is_the_operating_systems_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(FileNotFoundError):
        read_parquet(tmp_path / "data.parquet")


def test_more_bars_than_two_gibibytes_are_refused_unread(write: Write) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = write()
    count = 10_000_000
    with parquet.ParquetWriter(
        path, pa.schema([("date", pa.int64()), *((name, pa.float64()) for name in BARS)])
    ) as writer:
        batch = pa.record_batch([pa.nulls(count, pa.int64()), *[pa.nulls(count, pa.float64())] * 4], writer.schema)
        for _ in range(6):
            writer.write_batch(batch)
    assert path.stat().st_size < 1024**2
    with pytest.raises(DataError, match="60000000 bars would take more than 2 GiB") as caught:
        read_parquet(path)
    assert caught.value.code == "E-BOMB"


def test_without_pyarrow_the_user_is_told_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from phase_worker.contract import ComponentError\n"
        "from topologies.components.data.parquet_bars import read_parquet\n"
        "try: read_parquet(Path('data.parquet'))\n"
        "except ComponentError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "data.parquet: error E-COMPONENT: reading Parquet files needs pyarrow: pip install 'daybreak[parquet]'\n"
    )


def test_real_minutes_are_read(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    columns = read_parquet(shared / "data" / "BTCUSD_1min_2018.parquet")
    assert len(columns) == 520_499
    assert columns.time_ns[[0, -1]].astype("M8[ns]").astype("M8[m]").astype(str).tolist() == [
        "2018-01-01T00:00",
        "2018-12-31T23:59",
    ]

"""Bars come from the content-addressed cache, and from their file only while it is the one that was planned."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ConfigError, DataError
from phase_worker.contract.paths import RunPaths
from phase_worker.events.bus import EventBus
from phase_worker.topology_builder import PhaseContext
from tests.fakes.market import make_bars, random_walk, registry_with, sha256_of, write_csv
from topologies.bars import COLUMNS
from topologies.components.data.columns import Columns
from topologies.market import load_bars
from topologies.market_files import read_source

BARS = random_walk(4, 30)


def context_with(folder: Path, sources: dict[str, Path]) -> PhaseContext:
    paths = RunPaths(folder / "traces", "run")
    return PhaseContext({}, EventBus(), registry_with(), {}, sources, paths)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path, BARS, adj_close=BARS.close / 2.0)


@pytest.fixture
def context(tmp_path: Path, data: Path) -> PhaseContext:
    return context_with(tmp_path, {sha256_of(data): data})


def spec(data: Path, **changes: Any) -> dict[str, Any]:
    return {"sha256": sha256_of(data), "symbol": "TEST", "prices": "raw"} | changes


def test_bars_are_those_of_the_file_to_the_last_bit(context: PhaseContext, data: Path) -> None:
    bars = load_bars(context, spec(data))
    assert (bars.symbol, bars.time_ns.tolist()) == ("TEST", BARS.time_ns.tolist())
    for name in COLUMNS:
        assert getattr(bars, name).tolist() == getattr(BARS, name).tolist()


def test_bars_find_the_features_of_the_registry(context: PhaseContext, data: Path) -> None:
    mean = load_bars(context, spec(data)).feature("sma", window=2)
    assert mean[5] == pytest.approx((BARS.close[4] + BARS.close[5]) / 2.0)


def test_bars_end_where_the_phase_ends(context: PhaseContext, data: Path) -> None:
    bars = load_bars(context, spec(data, end=12))
    assert (len(bars), bars.close.tolist()) == (12, BARS.close[:12].tolist())


def test_the_cache_is_used_when_the_file_is_gone(context: PhaseContext, data: Path) -> None:
    planned = spec(data)
    first = load_bars(context, planned)
    data.unlink()
    assert load_bars(context, planned).close.tolist() == first.close.tolist()


def test_a_cached_column_is_mapped_and_cannot_be_written_to(context: PhaseContext, data: Path) -> None:
    bars = load_bars(context, spec(data))
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 1.0


def test_nothing_but_the_cached_bars_is_left_beside_them(context: PhaseContext, data: Path) -> None:
    load_bars(context, spec(data))
    (cached,) = context.paths.bars_cache("key").parent.iterdir()
    assert sha256_of(data) in cached.name


def test_two_phases_that_fill_the_cache_share_one_file(tmp_path: Path, data: Path) -> None:
    sources = {sha256_of(data): data}
    load_bars(context_with(tmp_path, sources), spec(data))
    context = context_with(tmp_path, sources)
    (cached,) = context.paths.bars_cache("key").parent.iterdir()
    before = cached.stat()
    load_bars(context, spec(data))
    assert (cached.stat().st_ino, cached.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_changed_since_it_was_planned_is_refused(context: PhaseContext, data: Path) -> None:
    planned = spec(data)
    data.write_bytes(data.read_bytes().replace(b"2020-01-05", b"2020-01-05 "))
    with pytest.raises(DataError, match=r"\.csv: .*changed since the run was planned"):
        load_bars(context, planned)


def test_a_file_that_is_gone_is_named(context: PhaseContext, data: Path) -> None:
    planned = spec(data)
    data.unlink()
    with pytest.raises(DataError, match=rf"{data.name}.* E-NOFILE: the data file is gone"):
        load_bars(context, planned)


def test_data_that_the_request_does_not_place_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(ConfigError, match=f"where the data with sha256 {sha256_of(data)[:12]}"):
        load_bars(context_with(tmp_path, {}), spec(data))


def test_total_return_scales_all_prices_by_the_adjusted_close(tmp_path: Path) -> None:
    bars = make_bars([10.0, 20.0, 40.0], opens=[8.0, 16.0, 32.0])
    path = write_csv(tmp_path, bars, adj_close=np.array([5.0, 20.0, 60.0]))
    found = load_bars(context_with(tmp_path, {sha256_of(path): path}), spec(path, prices="total_return"))
    assert found.close.tolist() == [5.0, 20.0, 60.0]
    assert found.open.tolist() == [4.0, 16.0, 48.0]
    assert (found.high.tolist(), found.low.tolist()) == ([5.0, 20.0, 60.0], [4.0, 16.0, 48.0])
    assert found.volume.tolist() == bars.volume.tolist()


def test_total_return_without_an_adjusted_close_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path, BARS)
    context = context_with(tmp_path, {sha256_of(path): path})
    with pytest.raises(
        DataError, match=r"E-COLUMNS: prices: total_return needs data\.factors.* adj_close, and there is neither"
    ):
        load_bars(context, spec(path, prices="total_return"))


def test_raw_prices_need_no_adjusted_close(tmp_path: Path) -> None:
    path = write_csv(tmp_path, BARS)
    bars = load_bars(context_with(tmp_path, {sha256_of(path): path}), spec(path))
    assert bars.close.tolist() == BARS.close.tolist()


@pytest.mark.parametrize(("start", "end"), [(30, 30), (5, 5), (7, 3), (40, 50)])
def test_a_window_without_a_bar_is_refused(context: PhaseContext, data: Path, start: int, end: int) -> None:
    with pytest.raises((DataError, ConfigError), match="30 bars"):
        load_bars(context, spec(data, start=start, end=end))


def test_a_window_that_ends_behind_the_data_is_refused(context: PhaseContext, data: Path) -> None:
    with pytest.raises((DataError, ConfigError), match="30 bars"):
        load_bars(context, spec(data, start=0, end=31))


def test_a_kind_of_file_that_nothing_reads_is_refused_with_the_known_kinds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"bars\.xlsx: .*no bar source reads this kind of file\. Known: .*\.csv"):
        read_source(registry_with(), tmp_path / "bars.xlsx")


def test_the_suffix_of_a_file_may_be_in_capitals(tmp_path: Path) -> None:
    path = write_csv(tmp_path, BARS).rename(tmp_path / "BARS.CSV")
    columns: Columns = read_source(registry_with(), path)
    assert columns.close.tolist() == BARS.close.tolist()

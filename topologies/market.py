"""The market data of a phase: bars from the content-addressed cache, or from the file they come from."""

import hashlib
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError, DataError
from phase_worker.contract.files import publish
from phase_worker.discovery import ComponentRegistry
from phase_worker.topology_builder import PhaseContext
from topologies.bars import COLUMNS, Bars, FloatArray, IntArray
from topologies.components.data.columns import Columns

# Rows of a cached array: the time, the price columns, adj_close (NaN where the file has none).
_CACHE_VERSION = 1
_ROWS = ("time_ns", *COLUMNS, "adj_close")


def load_bars(context: PhaseContext, spec: Mapping[str, Any]) -> Bars:
    """The bars that `spec` names: {sha256, symbol, prices} up to bar `end`, and with at least one from `start` on.

    Without `start` and `end`: all of them. `prices` is "raw", or "total_return": all prices times adj_close / close.
    """
    table = _cached_table(context, spec["sha256"])
    start, end = spec.get("start", 0), spec.get("end", table.shape[1])
    if not 0 <= start < end <= table.shape[1]:
        raise ConfigError(f"bars [{start}, {end}) are asked for, but the data has {table.shape[1]} bars")
    table = table[:, :end]
    prices = dict(zip(COLUMNS, table[1:6].view(np.float64), strict=True))
    if spec["prices"] == "total_return":
        prices = _total_return(prices, table[6].view(np.float64), spec["symbol"])
    return Bars(spec["symbol"], table[0], **prices, feature_lookup=feature_lookup(context.registry))


def load_adjusted_close(context: PhaseContext, spec: Mapping[str, Any]) -> FloatArray | None:
    """The file's adj_close, shape (n,), or None where it has none."""
    adjusted: FloatArray = _cached_table(context, spec["sha256"])[6].view(np.float64)
    return None if np.isnan(adjusted).any() else adjusted


def feature_lookup(registry: ComponentRegistry) -> Any:
    """How bars find a feature by its name."""
    return lambda name: registry.get("feature", name).factory


def read_source(registry: ComponentRegistry, path: Path) -> Columns:
    """Read a data file by the bar source that its suffix belongs to; raises DataError for an unknown suffix."""
    sources = registry.get_components_by_type("bar_source")
    for source in sources:
        if path.name.lower().endswith(tuple(source.metadata["suffixes"])):
            columns: Columns = source.factory(path)
            return columns
    known = sorted(suffix for source in sources for suffix in source.metadata["suffixes"])
    raise DataError(f"no bar source reads this kind of file. Known: {', '.join(known)}.", where=str(path))


def _cached_table(context: PhaseContext, sha256: str) -> IntArray:
    cache = context.paths.bars_cache(f"{sha256}-{_CACHE_VERSION}")
    if not cache.exists():
        _fill_cache(cache, _read_checked(context, sha256))
    return _map(cache)


def _map(cache: Path) -> IntArray:
    """The cached array over pages that all processes share; np.load takes 2 ms, to read a header that is known."""
    with cache.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header_bytes = int.from_bytes(pages[8:10], "little")
    return np.frombuffer(pages, np.int64, offset=10 + header_bytes).reshape(len(_ROWS), -1)


def _read_checked(context: PhaseContext, sha256: str) -> Columns:
    if sha256 not in context.sources:
        raise ConfigError(f"the request does not say where the data with sha256 {sha256[:12]}… is")
    path = context.sources[sha256]
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError("the data file is gone", where=str(path), code="E-NOFILE") from None
    if found != sha256:
        raise DataError("the data file changed since the run was planned. Start the run again.", where=str(path))
    return read_source(context.registry, path)


def _fill_cache(cache: Path, columns: Columns) -> None:
    """Store the columns durably: a cache torn by a power cut would be wrong bars, not an error."""
    bars = len(columns.time_ns)
    adj_close = np.full(bars, np.nan) if columns.adj_close is None else columns.adj_close
    cache.parent.mkdir(parents=True, exist_ok=True)
    temporary = cache.with_name(f".{cache.stem}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        # Not np.save: it hands a small array to libc, which does not say when it could not be written.
        header = {"descr": "<i8", "fortran_order": False, "shape": (len(_ROWS), bars)}
        np.lib.format.write_array_header_1_0(file, header)
        for row in (columns.time_ns, *(getattr(columns, name) for name in COLUMNS), adj_close):
            file.write(np.ascontiguousarray(row).data)
        file.flush()
        os.fsync(file.fileno())
    try:
        publish(temporary, cache)
    except FileExistsError:  # another phase was faster; the content is the same
        temporary.unlink()


def _total_return(prices: dict[str, FloatArray], adj_close: FloatArray, symbol: str) -> dict[str, FloatArray]:
    if np.isnan(adj_close).any():
        raise DataError(
            f"prices: total_return needs a column adj_close, and the data of {symbol} has none. Allowed here: raw.",
            code="E-COLUMNS",
        )
    factor = adj_close / prices["close"]
    scaled = {name: prices[name] * factor for name in ("open", "high", "low")}
    return scaled | {"close": adj_close, "volume": prices["volume"]}

"""The market data of a phase: bars from the content-addressed cache."""

import hashlib
import mmap
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from phase_worker.contract.errors import ConfigError
from phase_worker.contract.files import publish
from phase_worker.discovery import ComponentRegistry
from phase_worker.topology_builder import PhaseContext
from topologies.bars import COLUMNS, Bars, FloatArray, IntArray
from topologies.components.data.columns import Columns
from topologies.components.data.reading import Reading

# Rows of a cached array: the time, the price columns, adj_close (NaN where the file has none).
_CACHE_VERSION = 2
_ROWS = ("time_ns", *COLUMNS, "adj_close")


def load_bars(context: PhaseContext, spec: Mapping[str, Any]) -> Bars:
    """The bars that `spec` names: {sha256, symbol} up to bar `end`, and with at least one from `start` on.

    Without `start` and `end`: all of them. Its other keys are those of a Reading.
    """
    table = _cached_table(context, spec)
    start, end = spec.get("start", 0), spec.get("end", table.shape[1])
    if not 0 <= start < end <= table.shape[1]:
        raise ConfigError(f"bars [{start}, {end}) are asked for, but the data has {table.shape[1]} bars")
    table = table[:, :end]
    prices = dict(zip(COLUMNS, table[1:6].view(np.float64), strict=True))
    return Bars(spec["symbol"], table[0], **prices, feature_lookup=feature_lookup(context.registry))


def load_adjusted_close(context: PhaseContext, spec: Mapping[str, Any]) -> FloatArray | None:
    """The file's adj_close, shape (n,), or None where it has none."""
    adjusted: FloatArray = _cached_table(context, spec)[6].view(np.float64)
    return None if np.isnan(adjusted).any() else adjusted


def feature_lookup(registry: ComponentRegistry) -> Any:
    """How bars find a feature by its name."""
    return lambda name: registry.get("feature", name).factory


def reading_of(spec: Mapping[str, Any]) -> Reading:
    """How the bars that `spec` names are read; what it does not say is as by default."""
    return Reading(**{field.name: spec[field.name] for field in fields(Reading) if field.name in spec})


def _cached_table(context: PhaseContext, spec: Mapping[str, Any]) -> IntArray:
    how = hashlib.sha256(orjson.dumps(asdict(reading_of(spec)))).hexdigest()[:16]
    cache = context.paths.bars_cache(f"{spec['sha256']}-{how}-{_CACHE_VERSION}")
    if not cache.exists():
        from topologies.market_files import read_bars  # noqa: PLC0415 -- most phases find the cache filled

        _fill_cache(cache, read_bars(context, spec).columns)
    return _map(cache)


def _map(cache: Path) -> IntArray:
    """The cached array over pages that all processes share; np.load takes 2 ms, to read a header that is known."""
    with cache.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header_bytes = int.from_bytes(pages[8:10], "little")
    return np.frombuffer(pages, np.int64, offset=10 + header_bytes).reshape(len(_ROWS), -1)


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

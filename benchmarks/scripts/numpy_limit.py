"""The limit of W1: the same fills and equity by bare numpy, without an event, and a file as large as the trace."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FAST, SLOW, SHARES, CASH = 10, 30, 100.0, 100_000.0
Floats = NDArray[np.float64]


def sha256_of(file: Path) -> str:
    """What names the content of a data file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def measure(bars: Path, trace: Path) -> dict[str, Any]:
    """Seconds for fills and equity, and for writing the bytes of `trace`; prices and bytes are in memory before."""
    opening, close = np.loadtxt(bars, delimiter=",", skiprows=1, usecols=(1, 4), unpack=True)
    content = trace.read_bytes()
    start_s = time.process_time()
    fill_bars, equity = trade(np.ascontiguousarray(opening), np.ascontiguousarray(close))
    traded_s = time.process_time()
    _write(trace.with_suffix(".copy"), content)
    return {
        "limit_cpu_s": traded_s - start_s,
        "write_cpu_s": time.process_time() - traded_s,
        "trace_bytes": len(content),
        "fills": len(fill_bars),
        "final_equity": float(equity[-1]),
    }


def trade(opening: Floats, close: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The bars of the fills, bought first, and the equity at each close."""
    sums = np.concatenate(([0], np.cumsum(np.rint(close * 1000.0).astype(np.int64))))
    fast = (sums[FAST:] - sums[:-FAST])[SLOW - FAST :]
    slow = sums[SLOW:] - sums[:-SLOW]
    is_long = np.concatenate(([False], fast * SLOW > slow * FAST))
    fill_bars = np.flatnonzero(is_long[1:] != is_long[:-1]) + SLOW
    fill_bars = fill_bars[fill_bars < len(close)]
    signed = np.where(np.arange(len(fill_bars)) % 2 == 0, SHARES, -SHARES)
    lengths = np.diff(np.concatenate(([0], fill_bars, [len(close)])))
    cash = np.concatenate(([CASH], CASH - np.cumsum(signed * opening[fill_bars])))
    position = np.concatenate(([0.0], np.cumsum(signed)))
    return fill_bars, np.repeat(cash, lengths) + np.repeat(position, lengths) * close


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())

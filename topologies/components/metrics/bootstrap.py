"""Intervals of figures of merit by a block bootstrap, whose blocks keep what returns remember of each other."""

from dataclasses import dataclass
from math import cbrt, ceil, expm1, sqrt

import numpy as np
from numpy.typing import NDArray

from topologies.bars import FloatArray, IntArray

RESAMPLES = 4000
LEVEL = 0.95
# Blocks that are held at once: 8 MB an array.
_CHUNK_CELLS = 1 << 20

# Less than any growth of a bar that is not ruin.
_RUIN = 1e-300

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Percentile intervals of level LEVEL, by the year, out of RESAMPLES resamples made of blocks of `block` bars."""

    block: int
    sharpe: Interval
    cagr: Interval


def block_bootstrap(returns: FloatArray, seed: int, periods_per_year: float) -> Bootstrap:
    """Of `returns`, shape (n,), the intervals by the circular block bootstrap (Politis and Romano 1992).

    A resample is made of pieces of `block_length` returns that start anywhere, the end joined to the beginning. One
    that does not vary has a Sharpe ratio of 0. The same `seed` gives the same bits, with every version of numpy.
    """
    n = len(returns)
    block = block_length(n)
    pieces = -(-n // block)
    at_once = max(1, _CHUNK_CELLS // pieces)
    columns = [_running_sums(values, block) for values in (returns, np.square(returns), _log_growth(returns))]
    drawn = []
    for first in range(0, RESAMPLES, at_once):
        rows = min(at_once, RESAMPLES - first)
        starts = draws(seed, first * pieces, rows * pieces, n).reshape(rows, pieces)
        drawn.append([_resampled(running, starts, block, n) for running in columns])
    sums, squares, logs = np.concatenate(drawn, axis=1)
    variance = (squares - np.square(sums) / n) / (n - 1)
    varies = variance > 1e-12 * squares / n  # less than that is what rounding leaves of nothing
    sharpe = np.where(varies, sums / n / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    low, high = _ends(logs * periods_per_year / n)
    return Bootstrap(block, _ends(sharpe * sqrt(periods_per_year)), (expm1(low), expm1(high)))


def block_length(n: int) -> int:
    """How many of `n` returns a resample keeps together: ⌈n^(1/3)⌉, the rate of Hall, Horowitz and Jing (1995)."""
    return ceil(cbrt(n))


def _log_growth(returns: FloatArray) -> FloatArray:
    """What is summed in place of compounding; after a loss of everything nothing grows."""
    logs: FloatArray = np.log(np.maximum(1.0 + returns, _RUIN))
    return logs


def _ends(values: FloatArray) -> Interval:
    low, high = np.quantile(values, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]).tolist()
    return low, high


def _running_sums(values: FloatArray, block: int) -> FloatArray:
    """Of `values` with their beginning joined to their end, so that the difference of two is the sum of a piece."""
    return np.concatenate(([0.0], np.cumsum(np.concatenate((values, values[:block])))))


def _resampled(running: FloatArray, starts: IntArray, block: int, n: int) -> FloatArray:
    """Of each resample, a row of `starts`, the sum of its n values; shape (rows,)."""
    rest = n - block * (starts.shape[1] - 1)  # the last piece is cut
    whole, last = starts[:, :-1], starts[:, -1]
    summed: FloatArray = (running[whole + block] - running[whole]).sum(axis=1) + running[last + rest] - running[last]
    return summed


def draws(seed: int, first: int, count: int, below: int) -> IntArray:
    """Whole numbers from 0 to `below` - 1, shape (count,): draws `first`, `first` + 1 … of SplitMix64 (Steele 2014)."""
    state: NDArray[np.uint64] = np.arange(first + 1, first + count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state += np.uint64(seed)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) % np.uint64(below)).astype(np.int64)

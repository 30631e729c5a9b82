"""The clock of several symbols: the times of all their bars, and where on it each bar begins and ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from topologies.bars import Bars, FloatArray, IntArray


def clock_of(times_ns: Sequence[IntArray]) -> IntArray:
    """Every time that is in one of the sorted arrays, once, in order: the ticks of the clock."""
    merged = np.sort(np.concatenate(times_ns), kind="stable")
    once: IntArray = merged[np.append(True, merged[1:] != merged[:-1])]
    return once


class Ticks(NamedTuple):
    """The ticks at which each of n bars opens and closes, shape (n,)."""

    opens: IntArray
    closes: IntArray


def ticks_of(clock_ns: IntArray, time_ns: IntArray) -> Ticks:
    """A bar opens at its time and closes at the last tick before it ends.

    It ends where the symbol's next bar begins, or its usual (median) step after its own time, if that is earlier: the
    close of a week is not known on its Monday, that of a Friday is on Saturday.
    """
    steps = np.diff(time_ns)
    usual = int(np.median(steps)) if len(steps) else 1
    ends = np.minimum(time_ns + usual, np.append(time_ns[1:], np.iinfo(np.int64).max))
    return Ticks(np.searchsorted(clock_ns, time_ns), np.searchsorted(clock_ns, ends) - 1)


class Marks(NamedTuple):
    """What a share is worth at each tick of the clock, before and after what closes there, shape (ticks,).

    That is the last known close or, before it closes, the open of a bar that opens at the same tick; 0 where no price
    is known.
    """

    before: FloatArray
    after: FloatArray


def marks_of(bars: Bars, ticks: Ticks, length: int) -> Marks:
    """The marks of a symbol on a clock of so many ticks."""
    closed = np.searchsorted(ticks.closes, np.arange(length), side="right")
    after = np.concatenate(([0.0], bars.close))[closed]
    before = np.concatenate(([0.0], after[:-1]))
    before[ticks.opens] = bars.open
    return Marks(before, after)

"""The clock of several symbols: the times of all their bars, and where on it each bar begins and ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from topologies.bars import Bars, FloatArray, IntArray


class Span(NamedTuple):
    """The instants at which each of n bars opens and closes, shape (n,); a bar closes before the next one opens."""

    opens: IntArray
    closes: IntArray


class Clock(NamedTuple):
    """Ticks are the times of all bars; instants are these and the ends of all bars, each first to close, then to open.

    What happens is ordered by instants, so that nothing depends on what ends later; what is reported is at ticks.
    """

    time_ns: IntArray
    """The time of each tick, shape (ticks,)."""
    tick_of: IntArray
    """The last tick of which, at each instant, bars have opened, shape (instants,)."""

    @property
    def last_instants(self) -> IntArray:
        """The last instant of each tick, shape (ticks,)."""
        last: IntArray = np.searchsorted(self.tick_of, np.arange(len(self.time_ns)), side="right") - 1
        return last


def clock_of(times_ns: Sequence[IntArray]) -> tuple[Clock, list[Span]]:
    """The clock of these sorted arrays of bars' times, and where their bars are on it."""
    ends_ns = [_ends_of(time_ns) for time_ns in times_ns]
    ticks_ns, moments_ns = _once(times_ns), _once([*times_ns, *ends_ns])
    sides = [np.searchsorted(ticks_ns, moments_ns, side="left"), np.searchsorted(ticks_ns, moments_ns, side="right")]
    spans = [
        Span(2 * np.searchsorted(moments_ns, time_ns) + 1, 2 * np.searchsorted(moments_ns, end_ns))
        for time_ns, end_ns in zip(times_ns, ends_ns, strict=True)
    ]
    return Clock(ticks_ns, np.column_stack(sides).ravel() - 1), spans


def _ends_of(time_ns: IntArray) -> IntArray:
    """A bar ends where the next begins or, if that is earlier, its usual (median) step after its own time.

    The close of a week is not known on its Monday, that of a Friday is on Saturday.
    """
    steps = np.diff(time_ns)
    usual = int(np.median(steps)) if len(steps) else 1
    ends: IntArray = np.minimum(time_ns + usual, np.append(time_ns[1:], np.iinfo(np.int64).max))
    return ends


def _once(times_ns: Sequence[IntArray]) -> IntArray:
    """Every time of the arrays, once, in order; not by unique, which imports numpy.ma."""
    merged = np.sort(np.concatenate(times_ns), kind="stable")
    once: IntArray = merged[np.append(True, merged[1:] != merged[:-1])]
    return once


def marks_of(bars: Bars, span: Span, clock: Clock) -> FloatArray:
    """The last known price at each instant, an open or a close, shape (instants,); 0 before the first."""
    known = np.searchsorted(np.column_stack(span).ravel(), np.arange(len(clock.tick_of)), side="right")
    prices = np.column_stack((bars.open, bars.close)).ravel()
    marks: FloatArray = np.concatenate(([0.0], prices))[known]
    return marks

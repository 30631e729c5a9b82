"""Moving averages whose window sums are exact, so that equal inputs give equal averages.

Differences of cumulative float sums leave a residue that turns a tie of two averages into a crossing. Here prices are
whole numbers of some unit, and so are the sums; the one division at the end rounds correctly.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topologies.bars import FloatArray

_MAX_PLACES = 12
# Below this a whole number of units has one nearest double, and prices * scale rounds to it.
_MAX_UNITS = 2.0**50
_MAX_EXACT = 2.0**53
_HEAD = 64
_FLOAT32_BITS = 24
_FLOAT64_BITS = 53


def exact_means(prices: FloatArray, window: int) -> FloatArray:
    """The mean of `window` prices up to each one, shape (n,), NaN for the first `window - 1`.

    Prices are read as decimals up to the first that is none, such as a price times an adjustment factor: means there
    are correctly rounded, and ties of the decimals are ties. From then on prices are the doubles they are: means are
    good to two units in the last place, and windows with the same prices in the same proportions tie. No mean depends
    on a later price, and the mean of equal prices is that price.
    """
    means = np.full(len(prices), np.nan)
    decimals, scale = _decimal_prefix(prices)
    means[window - 1 : decimals] = _window_means(np.rint(prices[:decimals] * scale), window, scale)
    start = max(decimals - window + 1, 0)
    if decimals < len(prices):
        means[start + window - 1 :] = _binary_means(prices[start:], window)
    return means


def _decimal_prefix(prices: FloatArray) -> tuple[int, int]:
    """How many prices from the first on are whole numbers of 1 / scale, and the scale, a power of ten.

    The prefix, not the whole column: a later price must not change how an earlier one is read. Which of several
    sufficient scales is found makes no difference to the means.
    """
    longest, best_scale = 0, 1
    for places in range(_MAX_PLACES + 1):
        length = _whole_prefix(prices, 10**places)
        if length > longest:
            longest, best_scale = length, 10**places
        if length == len(prices):
            break
    return longest, best_scale


def _whole_prefix(prices: FloatArray, scale: int) -> int:
    for part in (prices[:_HEAD], prices):  # most wrong scales fail within the head
        units = np.rint(part * scale)
        whole = (units / scale == part) & (np.abs(units) < _MAX_UNITS)
        if not whole.all():
            return int(whole.argmin())
    return len(prices)


def _binary_means(prices: FloatArray, window: int) -> FloatArray:
    """The means of the full windows: each double split into a float32 and the rest, whole numbers of powers of two."""
    high = prices.astype(np.float32).astype(np.float64)
    least_exponent = int(np.frexp(prices.min())[1])
    high_scale = 2 ** max(0, _FLOAT32_BITS - least_exponent)
    low_scale = 2 ** max(0, _FLOAT64_BITS - least_exponent)
    high_means = _window_means(high * float(high_scale), window, high_scale)
    return high_means + _window_means((prices - high) * float(low_scale), window, low_scale)


def _window_means(units: FloatArray, window: int, scale: int) -> FloatArray:
    """The correctly rounded means of the full windows of units / scale, where `units` are whole numbers."""
    divisor: int | float = window * scale
    totals: NDArray[Any]
    if np.abs(units).max(initial=0.0) * window < _MAX_EXACT:
        # int64 may wrap around in the running total; the difference of two totals is right all the same.
        totals, divisor = np.cumsum(units.astype(np.int64)), float(divisor)
    else:
        totals = np.cumsum(np.array([int(unit) for unit in units.tolist()], dtype=object))
    sums = totals[window - 1 :].copy()
    sums[1:] -= totals[:-window]
    return (sums / divisor).astype(np.float64)

"""The crossing of averages as other backtesters compute it, to the bit: what is left where they and Daybreak differ."""

from math import fsum

import numpy as np

from phase_worker.discovery import Choice, Int, feature, strategy
from topologies.bars import Bars, FloatArray


@feature(name="rounded_once")
def rounded_once(bars: Bars, *, window: int) -> FloatArray:
    """backtrader: the sum of the window is rounded once, then divided."""
    closes = bars.close.tolist()
    sums = [fsum(closes[end - window : end]) for end in range(window, len(closes) + 1)]
    return _after_warm_up(np.array(sums) / window, window)


@feature(name="compensated")
def compensated(bars: Bars, *, window: int) -> FloatArray:
    """pandas' `rolling(window).mean()`: a running sum; Kahan's compensation for what goes, and for what comes."""
    closes, sums = bars.close.tolist(), []
    total = lost_out = lost_in = 0.0
    for going, coming in zip([0.0] * window + closes, closes, strict=False):
        change = -going - lost_out
        lost_out, total = total + change - total - change, total + change
        change = coming - lost_in
        lost_in, total = total + change - total - change, total + change
        sums.append(total)
    return _after_warm_up(np.array(sums[window - 1 :]) / window, window)


@feature(name="cumulative")
def cumulative(bars: Bars, *, window: int) -> FloatArray:
    """vectorbt, in Numba: differences of cumulative sums."""
    sums = np.concatenate(([0.0], np.cumsum(bars.close)))
    return _after_warm_up((sums[window:] - sums[:-window]) / window, window)


@feature(name="running")
def running(bars: Bars, *, window: int) -> FloatArray:
    """vectorbt, in Rust: a running sum, to which what comes in is added before what goes out is subtracted."""
    closes = bars.close.tolist()
    total, sums = 0.0, []
    for coming, going in zip(closes, [0.0] * window + closes, strict=False):
        total = total + coming - going
        sums.append(total)
    return _after_warm_up(np.array(sums[window - 1 :]) / window, window)


@feature(name="oldest_first")
def oldest_first(bars: Bars, *, window: int) -> FloatArray:
    """NautilusTrader: each window is summed anew, from its oldest price on."""
    windows = np.lib.stride_tricks.sliding_window_view(bars.close, window)
    return _after_warm_up(sum(windows.T, np.zeros(len(windows))) / window, window)


@feature(name="pairwise")
def pairwise(bars: Bars, *, window: int) -> FloatArray:
    """numpy's `mean` of prices as zipline gives them: whole thousandths, times 0.001."""
    windows = np.lib.stride_tricks.sliding_window_view(np.rint(bars.close * 1000) * 0.001, window)
    return _after_warm_up(np.array([prices.mean() for prices in windows]), window)


def _after_warm_up(means: FloatArray, window: int) -> FloatArray:
    return np.concatenate((np.full(window - 1, np.nan), means))


@strategy(
    name="peer_cross",
    params={
        "fast": Int(10, 1, 1000),
        "slow": Int(30, 2, 5000),
        "average": Choice(
            "sma", ("sma", "rounded_once", "compensated", "cumulative", "running", "oldest_first", "pairwise")
        ),
        "late": Int(0, 0, 1),
    },
)
def peer_cross(bars: Bars, *, fast: int, slow: int, average: str, late: int) -> FloatArray:
    """As sma_cross, by a peer's averages; flat in the first `late` bars at which there are both of them."""
    above = bars.feature(average, window=fast) > bars.feature(average, window=slow)
    above[: slow - 1 + late] = False
    return np.where(above, 1.0, 0.0)


@strategy(name="cross_in_flight", params={"fast": Int(10, 1, 1000), "slow": Int(30, 2, 5000)})
def cross_in_flight(bars: Bars, *, fast: int, slow: int) -> FloatArray:
    """As sma_cross, but nothing is decided at the close of a bar during which an order is in flight."""
    held, in_flight, targets = 0.0, False, []
    for above in (bars.feature("sma", window=fast) > bars.feature("sma", window=slow)).tolist():
        in_flight = not in_flight and above != held
        held = float(above) if in_flight else held
        targets.append(held)
    return np.array(targets)

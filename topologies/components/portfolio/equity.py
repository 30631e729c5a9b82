"""The equity curve: cash plus position at each bar's close, from the fills between."""

import numpy as np
from numpy.typing import ArrayLike

from topologies.bars import FloatArray


def mark_to_market(
    close: FloatArray,
    start: int,
    start_cash: float,
    fill_bars: ArrayLike,
    cash_after: ArrayLike,
    position_after: ArrayLike,
) -> FloatArray:
    """Equity at the closes of the bars from `start` to the end of `close`, shape (len(close) - start,).

    Fill k happens within bar `fill_bars[k]` (sorted) and leaves `cash_after[k]` and `position_after[k]`; shape (k,).
    """
    edges = np.concatenate(([start], np.asarray(fill_bars, dtype=np.int64), [len(close)]))
    lengths = np.diff(edges)
    equity: FloatArray = np.repeat(np.concatenate(([0.0], position_after)), lengths)
    equity *= close[start:]
    equity += np.repeat(np.concatenate(([start_cash], cash_after)), lengths)
    return equity

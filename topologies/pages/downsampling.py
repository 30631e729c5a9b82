"""Fewer points of a curve, among them all that are extreme."""

import numpy as np

from topologies.bars import FloatArray, IntArray


def telling_points(curves: list[FloatArray], buckets: int) -> IntArray:
    """The sorted indices of what to draw of curves of one length n.

    All of them while n is small; else, of each of `buckets` equal stretches, where each curve is lowest and highest,
    and both ends: no peak and no trough is lost. NaN is no value; a stretch of nothing else has none.
    """
    length = len(curves[0])
    if length <= 2 * buckets * len(curves):
        return np.arange(length)
    edges = np.linspace(0, length, buckets + 1).astype(np.int64)[:-1]
    stretch = np.repeat(np.arange(buckets), np.diff(np.append(edges, length)))
    chosen = [np.array([0, length - 1])]
    for curve in curves:
        for extreme in (np.fmin, np.fmax):
            found = extreme.reduceat(curve, edges)[stretch] == curve
            places = np.flatnonzero(found)
            chosen.append(places[np.unique(stretch[places], return_index=True)[1]])
    return np.unique(np.concatenate(chosen))

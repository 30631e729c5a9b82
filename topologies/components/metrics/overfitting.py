"""The probability of backtest overfitting, by combinatorially symmetric cross-validation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from topologies.bars import FloatArray

BLOCKS = 16
# Sharpe ratios of splits × trials that are held at once: 8 MB an array.
_CHUNK_CELLS = 1 << 20


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What became, over all splits, of the trial that was best in one half of the bars, in the other half.

    `pbo` is the share of splits in which it did not do better than the median trial; `loss` that in which its Sharpe
    ratio was negative; `slope`, `intercept` and `r_squared` are of the regression of its Sharpe ratio in the other half
    on that in the first, None where the first does not vary; `logit` is the mean of λ.
    """

    splits: int
    pbo: float
    loss: float
    slope: float | None
    intercept: float | None
    r_squared: float | None
    logit: float


@dataclass(frozen=True, slots=True)
class BlockSums:
    """Of one trial's returns: their sums, and those of their squares, in each of the blocks, shape (blocks,).

    That is all that a Sharpe ratio over any of the blocks needs: it takes no memory for the returns of all trials.
    """

    sums: FloatArray
    squares: FloatArray
    length: int

    @classmethod
    def of(cls, returns: FloatArray, blocks: int = BLOCKS) -> "BlockSums":
        """Those of `returns`, shape (n,), in `blocks` of equal length; what is left over at the head is dropped."""
        length = len(returns) // blocks
        parts = returns[len(returns) - blocks * length :].reshape(blocks, length)
        return cls(parts.sum(axis=1), np.square(parts).sum(axis=1), length)


def backtest_overfitting(trials: Sequence[BlockSums]) -> Overfitting | None:
    """CSCV (Bailey, Borwein, López de Prado and Zhu 2017) of the trials, by Sharpe ratio.

    Every half of the blocks, whose number is even, selects a trial once. With its rank r from below among N trials in
    the other half: ω = r/(N + 1), λ = ln(ω/(1 − ω)), and PBO is the share of λ <= 0. Equal Sharpe ratios share their
    mean rank; of equally good trials the first is selected; where returns do not vary, the Sharpe ratio is undefined
    and counts as the lowest. None for fewer than two trials, or fewer than two bars a block.
    """
    if len(trials) < 2 or trials[0].length < 2:
        return None
    sums = np.array([trial.sums for trial in trials]).T
    squares = np.array([trial.squares for trial in trials]).T
    bars = trials[0].length * len(sums) // 2
    judged = list(_judged(sums, squares, bars, max(1, _CHUNK_CELLS // len(trials))))
    ranks, inside, outside = (np.concatenate(columns) for columns in zip(*judged, strict=True))
    logits = np.log(ranks / (len(trials) + 1.0 - ranks))
    slope, intercept, r_squared = _regression(inside, outside)
    return Overfitting(
        splits=len(logits),
        pbo=float((logits <= 0.0).mean()),
        loss=float((outside < 0.0).mean()),
        slope=slope,
        intercept=intercept,
        r_squared=r_squared,
        logit=float(logits.mean()),
    )


def _judged(
    sums: FloatArray, squares: FloatArray, bars: int, at_once: int
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Of the trial selected in each split: its rank in the other half, its Sharpe ratios in both; `at_once` splits.

    A half and the one that is left select in turn, so that each Sharpe ratio is computed once.
    """
    all_sums, all_squares = sums.sum(axis=0), squares.sum(axis=0)
    for chosen in _halves(len(sums), at_once):
        half_sums, half_squares = chosen @ sums, chosen @ squares
        half = _sharpe(half_sums, half_squares, bars)
        other = _sharpe(all_sums - half_sums, all_squares - half_squares, bars)
        yield _select(half, other)
        yield _select(other, half)


def _select(inside: FloatArray, outside: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = np.arange(len(inside))
    best = inside.argmax(axis=1)
    theirs = outside[rows, best]
    below = (outside < theirs[:, None]).sum(axis=1)
    equal = (outside == theirs[:, None]).sum(axis=1)
    return below + (equal + 1.0) / 2.0, _defined(inside[rows, best]), _defined(theirs)


def _halves(blocks: int, at_once: int) -> Iterator[FloatArray]:
    """Every half of the blocks that has the first one, as rows of zeros and ones, shape (<= at_once, blocks)."""
    others = combinations(range(1, blocks), blocks // 2 - 1)
    while rows := list(islice(others, at_once)):
        chosen = np.zeros((len(rows), blocks))
        chosen[:, 0] = 1.0
        np.put_along_axis(chosen, np.array(rows, dtype=np.int64), 1.0, axis=1)
        yield chosen


def _sharpe(sums: FloatArray, squares: FloatArray, bars: int) -> FloatArray:
    """Per period, from the sums of returns and of their squares; -inf where they do not vary."""
    mean = sums / bars
    variance = (squares - sums * mean) / (bars - 1)
    varies = variance > 1e-12 * squares / bars  # less than that is what rounding leaves of nothing
    deviation = np.sqrt(np.where(varies, variance, 1.0))
    return np.where(varies, mean / deviation, -np.inf)


def _defined(sharpe: FloatArray) -> FloatArray:
    return np.where(np.isfinite(sharpe), sharpe, 0.0)


def _regression(x: FloatArray, y: FloatArray) -> tuple[float | None, float | None, float | None]:
    """Slope, intercept and R² of the least-squares line."""
    dx, dy = x - x.mean(), y - y.mean()
    xx, xy, yy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    if not xx > 0.0:
        return None, None, None
    slope = xy / xx
    return slope, float(y.mean() - slope * x.mean()), xy * xy / (xx * yy) if yy > 0.0 else None

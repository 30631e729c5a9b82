"""The probability of backtest overfitting is that of the plain definition, split by split."""

from itertools import combinations
from math import log

import numpy as np
import pytest

from tests.fakes.reference_returns import normal_returns, vignette_returns
from topologies.bars import FloatArray
from topologies.components.metrics.overfitting import BlockSums, Overfitting, _judged, backtest_overfitting


def overfitting(returns: FloatArray, blocks: int = 16) -> Overfitting:
    """Of `returns`, shape (bars, trials)."""
    found = backtest_overfitting([BlockSums.of(trial, blocks) for trial in returns.T])
    assert found is not None
    return found


def plain_logits(returns: FloatArray, blocks: int) -> list[float]:
    """λ of every split, from the returns themselves, by the definition."""
    length, trials = len(returns) // blocks, returns.shape[1]
    parts = np.split(returns[len(returns) - blocks * length :], blocks)

    def sharpe(chosen: tuple[int, ...]) -> list[float]:
        rows = np.concatenate([parts[number] for number in chosen])
        return [column.mean() / column.std(ddof=1) if np.ptp(column) else -np.inf for column in rows.T]

    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        rest = tuple(number for number in range(blocks) if number not in chosen)
        inside, outside = sharpe(chosen), sharpe(rest)
        theirs = outside[inside.index(max(inside))]
        rank = sum(value < theirs for value in outside) + (outside.count(theirs) + 1) / 2
        logits.append(log(rank / (trials + 1 - rank)))
    return logits


def test_noise_is_as_overfitted_as_the_reference_has_it() -> None:
    found = overfitting(normal_returns(), 10)  # literals: test_vectors.json, "PBO PCG64(12345) N(0,.01) 1000x20 S=10"
    assert (found.splits, found.pbo, found.loss) == (252, 170 / 252, 153 / 252)
    assert found.slope == pytest.approx(-0.5928892316491744, rel=1e-9)
    assert found.intercept == pytest.approx(0.03652998412362998, rel=1e-9)
    assert found.r_squared == pytest.approx(0.10894864263746065, rel=1e-9)
    assert found.logit == pytest.approx(-0.7611387699528565, rel=1e-9)


def test_one_skilled_trial_among_noise_is_not_overfitted() -> None:
    found = overfitting(normal_returns(skill=0.002), 10)
    assert (found.pbo, found.loss) == (1 / 252, 1 / 252)
    assert found.logit == pytest.approx(2.969002491720436, rel=1e-9)


@pytest.mark.parametrize(("bars", "trials", "blocks"), [(83, 5, 6), (64, 2, 8), (200, 9, 4)])
def test_it_is_the_plain_definition(bars: int, trials: int, blocks: int) -> None:
    returns = np.random.default_rng(bars).normal(0.0, 0.01, (bars, trials))
    logits = plain_logits(returns, blocks)
    found = overfitting(returns, blocks)
    assert found.splits == len(logits)
    assert found.logit == pytest.approx(np.mean(logits))
    assert found.pbo == np.mean(np.array(logits) <= 0.0)


def test_equal_trials_share_their_rank_and_flat_ones_rank_lowest() -> None:
    one = np.random.default_rng(3).normal(0.0005, 0.01, 160)
    returns = np.stack([one, one, one, np.zeros(160), np.full(160, 0.001)], axis=1)
    assert overfitting(returns, 8).logit == pytest.approx(np.mean(plain_logits(returns, 8)))
    assert overfitting(np.stack([one, one], axis=1), 8).logit == 0.0


def test_all_trials_flat_is_chance_and_no_error() -> None:
    found = overfitting(np.zeros((64, 4)))
    assert (found.pbo, found.loss, found.slope) == (1.0, 0.0, None)


def test_the_head_that_makes_no_whole_block_is_dropped() -> None:
    returns = normal_returns()
    assert overfitting(np.vstack([np.full((9, 20), 5.0), returns]), 10) == overfitting(returns, 10)


@pytest.mark.parametrize("shape", [(1000, 1), (31, 5)])
def test_it_is_undefined_for_one_trial_or_too_few_bars(shape: tuple[int, int]) -> None:
    returns = np.random.default_rng(1).normal(size=shape)
    assert backtest_overfitting([BlockSums.of(trial) for trial in returns.T]) is None


def test_many_trials_are_judged_in_pieces_as_few_are() -> None:
    returns = np.random.default_rng(2).normal(0.0, 0.01, (160, 7))
    blocks = [BlockSums.of(trial, 8) for trial in returns.T]
    sums, squares = np.array([each.sums for each in blocks]).T, np.array([each.squares for each in blocks]).T

    def judged(at_once: int) -> list[tuple[float, ...]]:
        pieces = [np.stack(piece, axis=1).tolist() for piece in _judged(sums, squares, 80, at_once)]
        return sorted(tuple(split) for piece in pieces for split in piece)

    assert len(judged(1000)) == 70
    assert np.array(judged(3)) == pytest.approx(np.array(judged(1000)), rel=1e-12)


def test_it_is_that_of_the_r_package_s_own_example() -> None:
    """The vignette of `pbo`: 100 trials of 2,400 days without skill, each brought to a mean of exactly zero."""
    found = overfitting(vignette_returns(), 8)
    assert (found.splits, found.pbo, found.loss) == (70, 1.0, 1.0)
    assert found.slope == pytest.approx(-0.9980139776330416, rel=1e-9)
    assert found.intercept == pytest.approx(-0.004548399367581693, rel=1e-9)
    assert found.r_squared == pytest.approx(0.9718332747988964, rel=1e-9)
    assert found.logit == pytest.approx(-4.575033149570371, rel=1e-9)

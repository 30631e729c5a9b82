"""The probability of backtest overfitting is that of the plain definition, split by split."""

import json
from itertools import combinations
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topologies.bars import FloatArray
from topologies.components.metrics.overfitting import BlockSums, Overfitting, backtest_overfitting


def overfitting(returns: FloatArray, blocks: int = 16) -> Overfitting:
    """Of `returns`, shape (bars, trials)."""
    found = backtest_overfitting([BlockSums.of(trial, blocks) for trial in returns.T])
    assert found is not None
    return found


def normal_returns(skill: float = 0.0) -> FloatArray:
    returns: FloatArray = np.random.Generator(np.random.PCG64(12345)).normal(0.0, 0.01, (1000, 20))
    returns[:, 7] += skill
    return returns


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
    returns = np.random.default_rng(2).normal(0.0, 0.01, (160, 400))  # 12,870 splits × 400: five pieces
    found = overfitting(returns)
    assert found.splits == 12_870
    few = backtest_overfitting([BlockSums.of(trial) for trial in returns.T[:40]])
    assert few is not None
    assert few.splits == 12_870


def test_vectors_of_overfitting_are_met(shared: Path) -> None:
    vectors: dict[str, Any] = json.loads((shared / "reference" / "test_vectors.json").read_text())
    for name, skill in (
        ("PBO PCG64(12345) N(0,.01) 1000x20 S=10", 0.0),
        ("PBO same + skill .002/day in col 7 S=10", 0.002),
    ):
        expected, found = vectors[name], overfitting(normal_returns(skill), 10)
        assert (found.splits, found.pbo, found.loss) == (expected["ncomb"], expected["pbo"], expected["p_loss"])
        fit = (found.slope, found.intercept, found.r_squared, found.logit)
        wanted = [expected[key] for key in ("slope_oos_on_is", "intercept", "r2", "lam_mean")]
        assert fit == pytest.approx(wanted, rel=1e-9)
        assert found.pbo == float(vectors["ffn PBO on A"]) or skill

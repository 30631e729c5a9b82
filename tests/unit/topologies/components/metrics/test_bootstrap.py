"""Bootstrap intervals are those of other resamplers, keep what returns remember, and are the same every time."""

from math import sqrt

import numpy as np
import pytest

from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import block_bootstrap, draws

DAYS = 252.0


def noise(seed: int, n: int = 2000) -> FloatArray:
    returns: FloatArray = np.random.default_rng(seed).normal(0.0005, 0.01, n)
    return returns


def test_the_same_seed_gives_the_same_bits_and_another_others() -> None:
    returns = noise(1)
    assert block_bootstrap(returns, 7, DAYS) == block_bootstrap(returns, 7, DAYS)
    assert block_bootstrap(returns, 7, DAYS).sharpe != block_bootstrap(returns, 8, DAYS).sharpe


def test_thedraws_are_those_of_split_mix_64() -> None:
    # The first three outputs for the seed 1234567, as published with the generator's reference implementation.
    first = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    below = 1 << 62
    assert draws(1234567, 0, 3, below).tolist() == [value % below for value in first]
    assert draws(1234567, 1, 2, below).tolist() == [value % below for value in first[1:]]


def test_of_independent_returns_the_interval_is_as_wide_as_lo_s_standard_error_says() -> None:
    returns = noise(2)
    sharpe = float(returns.mean() / returns.std(ddof=1)) * sqrt(DAYS)
    low, high = block_bootstrap(returns, 3, DAYS).sharpe
    expected = 2 * 1.96 * sqrt((1 + (sharpe**2 / DAYS) / 2) / len(returns)) * sqrt(DAYS)
    assert low < sharpe < high
    assert high - low == pytest.approx(expected, rel=0.12)


def test_it_covers_the_true_sharpe_ratio_about_as_often_as_it_says() -> None:
    truth = 0.05 * sqrt(DAYS)
    covered = 0
    for seed in range(200):
        low, high = block_bootstrap(noise(seed, 500), seed, DAYS).sharpe
        covered += low <= truth <= high
    assert 175 <= covered <= 199


def test_returns_that_remember_have_a_wider_interval_than_the_same_ones_shuffled() -> None:
    shocks = noise(4)
    remembering = np.convolve(shocks, 0.6 ** np.arange(8))[: len(shocks)]
    shuffled = np.random.default_rng(9).permutation(remembering)
    widths = [high - low for low, high in (block_bootstrap(each, 5, DAYS).sharpe for each in (remembering, shuffled))]
    assert widths[0] > 1.5 * widths[1]


def test_the_interval_of_the_growth_contains_it_and_compounds() -> None:
    returns = noise(6)
    cagr = float(np.prod(1.0 + returns)) ** (DAYS / len(returns)) - 1.0
    low, high = block_bootstrap(returns, 1, DAYS).cagr
    assert low < cagr < high
    assert block_bootstrap(np.full(30, 0.01), 1, DAYS).cagr == pytest.approx((1.01**DAYS - 1.0,) * 2)


@pytest.mark.parametrize("returns", [np.zeros(40), np.full(40, 0.02)])
def test_returns_that_do_not_vary_give_no_error(returns: FloatArray) -> None:
    assert block_bootstrap(returns, 1, DAYS).sharpe == (0.0, 0.0)


def test_a_loss_of_everything_gives_no_error() -> None:
    assert block_bootstrap(np.array([0.01, -1.0, 0.0] * 20), 1, DAYS).cagr[0] == pytest.approx(-1.0)


@pytest.mark.parametrize("n", [2, 3, 7, 26, 27, 28, 1001])
def test_every_resample_has_as_many_returns_as_there_are(n: int) -> None:
    # Of equal returns any n sum up to the same growth; one more or less would show.
    low, high = block_bootstrap(np.full(n, 0.001), 11, float(n)).cagr
    assert (low, high) == pytest.approx((1.001**n - 1.0,) * 2, rel=1e-9)

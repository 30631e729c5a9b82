"""The significance of a Sharpe ratio agrees with its authors' examples, and says None where it says nothing."""

from math import sqrt

import numpy as np
import pytest

from topologies.components.metrics.significance import (
    SharpeSample,
    autocorrelations,
    deflated_benchmark,
    lo_factor,
    min_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)

DAYS = 252
# Bailey and López de Prado (2014), section "A numerical example": SR 2.5 a year of 250 days, 5 years, V = 1/2 a year.
PAPER = SharpeSample(1250, 2.5 / sqrt(250.0), -3.0, 10.0)


def years(sharpe: float, benchmark: float, periods: int, *moments: float) -> float:
    sample = SharpeSample(0, sharpe / sqrt(periods), *moments)
    return (min_track_record(sample, benchmark / sqrt(periods)) or 0.0) / periods


def test_psr_and_min_trl_are_those_of_bailey_and_lopez_de_prado_2012() -> None:
    assert probabilistic_sharpe(SharpeSample(24, 0.458)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(SharpeSample(24, 0.458, -2.448, 10.164)) == pytest.approx(0.913, abs=5e-4)
    assert years(2.0, 1.0, DAYS) == pytest.approx(2.73, abs=5e-3)
    assert years(2.0, 1.0, 52) == pytest.approx(2.83, abs=5e-3)
    assert years(2.0, 1.0, 12) == pytest.approx(3.24, abs=5e-3)
    assert years(2.0, 1.0, 12, -0.72, 5.78) == pytest.approx(4.99, abs=5e-3)


@pytest.mark.parametrize(("trials", "expected"), [(46, 0.9505), (100, 0.9004)])
def test_dsr_is_that_of_bailey_and_lopez_de_prado_2014(trials: int, expected: float) -> None:
    benchmark = deflated_benchmark(sqrt(0.5 / 250.0), trials)
    assert probabilistic_sharpe(PAPER, benchmark) == pytest.approx(expected, abs=5e-5)


def test_more_trials_deflate_more() -> None:
    found = [probabilistic_sharpe(PAPER, deflated_benchmark(0.05, trials)) or 0.0 for trials in (1, 2, 10, 100, 1000)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 5
    assert deflated_benchmark(0.05, 1) == 0.0


def test_psr_reaches_its_confidence_after_the_minimum_track_record() -> None:
    for sharpe, benchmark, skewness, kurtosis in [(0.1, 0.02, -1.0, 8.0), (0.05, 0.0, 0.5, 4.0), (0.3, 0.28, 0.0, 3.0)]:
        needed = min_track_record(SharpeSample(0, sharpe, skewness, kurtosis), benchmark)
        assert needed is not None
        reached = probabilistic_sharpe(SharpeSample(round(needed * 1000), sharpe, skewness, kurtosis), benchmark)
        just = SharpeSample(round(needed), sharpe, skewness, kurtosis)
        assert probabilistic_sharpe(just, benchmark) == pytest.approx(0.95, abs=5e-3)
        assert reached is not None
        assert reached > 0.99


def test_no_track_record_is_long_enough_for_what_is_not_better() -> None:
    assert min_track_record(SharpeSample(100, 0.1), 0.1) is None
    assert min_track_record(SharpeSample(100, -0.1)) is None


def test_moments_that_no_estimate_can_have_leave_psr_undefined() -> None:
    impossible = SharpeSample(100, 2.0, 3.0, 1.0)
    assert impossible.variance < 0.0
    assert probabilistic_sharpe(impossible) is None
    assert min_track_record(impossible) is None


def test_the_sample_of_returns_has_their_moments() -> None:
    sample = sharpe_sample(np.array([0.01, -0.02, 0.03, 0.0]))
    assert sample is not None
    assert sample.n == 4
    assert sample.sharpe == pytest.approx(0.005 / 0.020816659994661327)  # ddof=1
    assert sample.skewness == pytest.approx(0.0, abs=1e-12)  # -0.025, -0.005, 0.005, 0.025 from the mean
    assert sample.kurtosis == pytest.approx(2 * (0.025**4 + 0.005**4) / 4 / (0.001300 / 4) ** 2)


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.1, 0.1]])
def test_returns_that_do_not_vary_have_no_sample(returns: list[float]) -> None:
    assert sharpe_sample(np.array(returns, dtype=np.float64)) is None


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.1, 0.5, 0.9])
def test_eta_is_that_of_lo_2002_for_first_order_autoregression(rho: float) -> None:
    q = 12
    closed = sqrt(q) / sqrt(1.0 + 2.0 * rho / (1.0 - rho) * (1.0 - (1.0 - rho**q) / (q * (1.0 - rho))))
    assert lo_factor(rho ** np.arange(1.0, q), q) == pytest.approx(closed, rel=1e-12)


def test_eta_is_undefined_where_a_year_would_have_no_variance() -> None:
    assert lo_factor(np.full(11, -0.5), 12) is None


def test_autocorrelations_show_what_returns_remember() -> None:
    noise = np.random.default_rng(5).normal(size=4000)
    remembering = noise[1:] + 0.5 * noise[:-1]  # a moving average: rho is 0.4 at lag 1, and 0 beyond
    found = autocorrelations(remembering)
    assert len(found) == 9  # floor(4 * 40 ** (2 / 9))
    assert found[0] == pytest.approx(0.4, abs=0.03)
    assert np.abs(found[1:]).max() < 0.06

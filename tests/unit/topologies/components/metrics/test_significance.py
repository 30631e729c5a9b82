"""The significance of a Sharpe ratio agrees with its authors' examples, and says None where it says nothing."""

import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topologies.components.metrics.significance import (
    SharpeSample,
    autocorrelations,
    deflated_benchmark,
    expected_maximum,
    lo_factor,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
    sharpe_sample,
    sharpe_standard_error,
)

DAYS = 252
# Bailey and López de Prado (2014), section "A numerical example": SR 2.5 a year of 250 days, 5 years, V = 1/2 a year.
PAPER = SharpeSample(1250, 2.5 / sqrt(250.0), -3.0, 10.0)


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "reference" / "test_vectors.json").read_text())
    return found


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


def test_vectors_of_the_sharpe_ratio_s_significance_are_met(vectors: dict[str, Any]) -> None:
    psr = list(vectors["PSR"].values())
    assert probabilistic_sharpe(SharpeSample(24, 0.458)) == pytest.approx(psr[0], abs=1e-9)
    assert probabilistic_sharpe(SharpeSample(24, 0.458, -2.448, 10.164)) == pytest.approx(psr[1], abs=1e-9)
    found = [years(2.0, 1.0, 252), years(2.0, 1.0, 52), years(2.0, 1.0, 12), years(2.0, 1.0, 12, -0.72, 5.78)]
    assert found == pytest.approx(list(vectors["MinTRL_years SR2 vs 1, 95%"].values()), rel=1e-9)
    for trials, expected in vectors["Emax"].items():
        assert expected_maximum(int(trials)) == pytest.approx(expected, rel=1e-9)
    for trials, expected in vectors["MinBTL_years(Emax=1)"].items():
        assert min_backtest_years(int(trials)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("trials", [46, 88, 100])
def test_vectors_of_the_deflated_sharpe_ratio_are_met(trials: int, vectors: dict[str, Any]) -> None:
    benchmark = deflated_benchmark(sqrt(0.5 / 250.0), trials)
    expected = vectors[f"DSR N={trials}"]
    assert benchmark == pytest.approx(expected["SR0_daily"], rel=1e-9)
    assert probabilistic_sharpe(PAPER, benchmark) == pytest.approx(expected["DSR_g3-3_g4_10"], rel=1e-9)
    normal = vectors.get(f"DSR N={trials} normal")
    if normal:
        found = probabilistic_sharpe(SharpeSample(PAPER.n, PAPER.sharpe), benchmark)
        assert (benchmark, found) == pytest.approx((normal["SR0"], normal["DSR"]), rel=1e-9)


def test_vectors_of_lo_2002_are_met(vectors: dict[str, Any]) -> None:
    for rho, expected in vectors["Lo eta(12) AR1"].items():
        assert lo_factor(float(rho) ** np.arange(1.0, 12.0), 12) == pytest.approx(expected, rel=1e-9)
    for rho, expected in zip((0.1, 0.2), vectors["Lo eta(252) AR1 rho=.1/.2"], strict=True):
        assert lo_factor(rho ** np.arange(1.0, 252.0), 252) == pytest.approx(expected, rel=1e-9)
    for name, expected in vectors["Lo SE iid sqrt((1+SR^2/2)/T)"].items():
        sharpe, n = (float(part.partition("=")[2]) for part in name.split(","))
        assert sharpe_standard_error(sharpe, int(n)) == pytest.approx(expected, rel=1e-9)


def test_vectors_of_a_hedge_fund_index_are_met(vectors: dict[str, Any]) -> None:
    edhec = vectors["edhec ConvArb n152 (1997-01..2009-08)"]
    sample = SharpeSample(edhec["n"], edhec["sr"], edhec["skew"], edhec["kurt"])
    assert probabilistic_sharpe(sample, 0.28) == pytest.approx(edhec["PSR028"], rel=1e-9)
    assert min_track_record(sample, 0.28) == pytest.approx(edhec["MinTRL"], rel=1e-9)
    normal = SharpeSample(edhec["n"], edhec["sr"])
    assert probabilistic_sharpe(normal, 0.28) == pytest.approx(edhec["PSR_noskewkurt"], rel=1e-9)
    skewed = SharpeSample(edhec["n"], edhec["sr"], edhec["skew"])
    assert probabilistic_sharpe(skewed, 0.28) == pytest.approx(edhec["PSR028_doc_0_6275225_no_kurt"], rel=1e-9)
    assert min_track_record(skewed, 0.28) == pytest.approx(edhec["MinTRL_doc_3861_706"], rel=1e-9)

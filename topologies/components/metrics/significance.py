"""Whether a Sharpe ratio means something: how probable, how long to wait, and after how many trials."""

from dataclasses import dataclass
from math import e, erf, exp, floor, pi, sqrt

import numpy as np

from topologies.bars import FloatArray

_EULER_MASCHERONI = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class SharpeSample:
    """A Sharpe ratio per period out of `n` returns with that skewness and kurtosis (3 for a normal; not excess)."""

    n: int
    sharpe: float
    skewness: float = 0.0
    kurtosis: float = 3.0

    @property
    def variance(self) -> float:
        """(n − 1) times the variance of the estimate (Mertens 2002): 1 − γ₃SR + (γ₄ − 1)/4 · SR²; may be <= 0."""
        return 1.0 - self.skewness * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2


def sharpe_sample(returns: FloatArray) -> SharpeSample | None:
    """The sample of `returns` per period, shape (n,); None where they do not vary, which leaves it undefined.

    The Sharpe ratio has ddof=1; the moments are m₃/m₂^1.5 and m₄/m₂², as in Bailey and López de Prado (2012).
    """
    if len(returns) < 2 or not np.ptp(returns) > 0.0:
        return None
    deviations = returns - returns.mean()
    squares = np.square(deviations)
    variance = float(squares.mean())
    skewness = float((squares * deviations).mean()) / variance**1.5
    kurtosis = float(np.square(squares).mean()) / variance**2
    return SharpeSample(len(returns), float(returns.mean() / returns.std(ddof=1)), skewness, kurtosis)


def probabilistic_sharpe(sample: SharpeSample, benchmark: float = 0.0) -> float | None:
    """PSR: the probability that the true Sharpe ratio is above `benchmark`, both per period.

    Φ[(SR − SR*)·√(n − 1)/√(1 − γ₃SR + (γ₄ − 1)/4·SR²)], Bailey and López de Prado (2012).
    """
    if sample.variance <= 0.0:
        return None
    return _normal_cdf((sample.sharpe - benchmark) * sqrt(sample.n - 1) / sqrt(sample.variance))


def min_track_record(sample: SharpeSample, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """MinTRL: how many returns make PSR reach `confidence`; None where no number does, since SR is not above SR*.

    1 + [1 − γ₃SR + (γ₄ − 1)/4·SR²]·(z/(SR − SR*))², Bailey and López de Prado (2012).
    """
    if sample.sharpe <= benchmark or sample.variance <= 0.0:
        return None
    return 1.0 + sample.variance * (_normal_quantile(confidence) / (sample.sharpe - benchmark)) ** 2


def expected_maximum(trials: int) -> float:
    """What the best of so many independent draws from a standard normal is expected to be; 0 of one trial.

    (1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)), Bailey and López de Prado (2014).
    """
    if trials < 2:
        return 0.0
    gamma = _EULER_MASCHERONI
    return (1.0 - gamma) * _normal_quantile(1.0 - 1.0 / trials) + gamma * _normal_quantile(1.0 - 1.0 / (trials * e))


def deflated_benchmark(deviation: float, trials: int) -> float:
    """SR₀: the Sharpe ratio that the best of `trials` without any skill is expected to reach.

    `deviation` is the standard deviation (ddof=1) of the trials' Sharpe ratios; the answer is in the same units. DSR is
    PSR against it.
    """
    return deviation * expected_maximum(trials)


def min_backtest_years(trials: int, sharpe: float = 1.0) -> float:
    """MinBTL: years below which the best of `trials` without skill is expected to reach an annual `sharpe`.

    (E[max of N]/SR)², Bailey, Borwein, López de Prado and Zhu (2014).
    """
    return (expected_maximum(trials) / sharpe) ** 2


def autocorrelations(returns: FloatArray) -> FloatArray:
    """ρ₁ … ρₘ of `returns`, m = ⌊4·(n/100)^(2/9)⌋ (Newey and West 1994): beyond, daily returns give noise only."""
    deviations = returns - returns.mean()
    lags = min(floor(4.0 * (len(returns) / 100.0) ** (2.0 / 9.0)), len(returns) - 1)
    products = [float(deviations[lag:] @ deviations[:-lag]) for lag in range(1, lags + 1)]
    return np.array(products) / float(deviations @ deviations)


def lo_factor(correlations: FloatArray, periods: float) -> float | None:
    """η(q), which annualises a Sharpe ratio per period in place of √q, for ρ₁, ρ₂ … and 0 beyond them.

    q/√(q + 2·Σₖ(q − k)·ρₖ), Lo (2002); None where these correlations would make the variance of a year negative.
    """
    lags = np.arange(1, min(len(correlations), int(periods) - 1) + 1)
    variance = periods + 2.0 * float(((periods - lags) * correlations[: len(lags)]).sum())
    return periods / sqrt(variance) if variance > 0.0 else None


def sharpe_standard_error(sharpe: float, n: int) -> float:
    """√((1 + SR²/2)/n): that of the Sharpe ratio of independent normal returns, Lo (2002)."""
    return sqrt((1.0 + sharpe**2 / 2.0) / n)


def _normal_cdf(x: float) -> float:
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def _normal_quantile(p: float) -> float:
    """Φ⁻¹ of `p` in [0.5, 1), by Newton's method, which comes from below; `statistics` takes 5 ms to import."""
    x = 0.0
    while (step := (p - _normal_cdf(x)) * sqrt(2.0 * pi) * exp(x * x / 2.0)) > 1e-12:
        x += step
    return x

"""Every number of the vectors of statistics is met, be it one of our figures or made of them."""

from functools import cache
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.reference import assert_met, reference
from tests.fakes.reference_returns import normal_returns, r_normals, vignette_returns
from topologies.bars import FloatArray
from topologies.components.metrics.distribution import distribution
from topologies.components.metrics.overfitting import BlockSums, _judged, backtest_overfitting
from topologies.components.metrics.performance import returns_metrics, trade_metrics
from topologies.components.metrics.significance import (
    SharpeSample,
    deflated_benchmark,
    expected_maximum,
    lo_factor,
    min_backtest_years,
    min_track_record,
    probabilistic_sharpe,
    sharpe_sample,
    sharpe_standard_error,
)

Vectors = dict[str, Any]
EDHEC = ("edhec ConvArb n152 (1997-01..2009-08)", "edhec ConvArb all")
# Not figures, but what they are of, and how other libraries' functions are called.
GIVEN = {"empyrical mixed_returns": ["vector"], "bacon": ["returns"]} | {
    name: ["n", "sr", "skew", "kurt"] for name in EDHEC
}
TEXTS = ("skfolio sig", "ffn sig")


def test_every_vector_is_met(shared: Path) -> None:
    vectors = reference(shared, "test_vectors")
    expected: Vectors = {
        name: {key: leaf for key, leaf in row.items() if key not in GIVEN.get(name, ())}
        if isinstance(row, dict)
        else row
        for name, row in vectors.items()
        if name not in TEXTS
    }
    expected["ffn PBO on A"] = float(expected["ffn PBO on A"])
    assert_met(_significance() | _lo() | _funds(vectors) | _returns(vectors) | _overfitting(), expected)


def _significance() -> Vectors:
    """Of the papers of Bailey and López de Prado; that of 2014 has SR 2.5 a year of 250 days, 5 years, V = 1/2."""
    daily = 2.5 / sqrt(250.0)

    def years(periods: int, *moments: float) -> float:
        sample = SharpeSample(0, 2.0 / sqrt(periods), *moments)
        return (min_track_record(sample, 1.0 / sqrt(periods)) or 0.0) / periods

    found: Vectors = {
        "PSR": {
            "sr=.458,n=24,normal (paper .982)": probabilistic_sharpe(SharpeSample(24, 0.458)),
            "sr=.458,n=24,g3=-2.448,g4=10.164 (paper .913)": probabilistic_sharpe(
                SharpeSample(24, 0.458, -2.448, 10.164)
            ),
        },
        "MinTRL_years SR2 vs 1, 95%": {
            "daily(252) paper 2.73": years(252),
            "weekly paper 2.83": years(52),
            "monthly paper 3.24": years(12),
            "monthly g3=-.72 g4=5.78 paper 4.99": years(12, -0.72, 5.78),
        },
        "Emax": {str(trials): expected_maximum(trials) for trials in (2, 10, 45, 100, 1000)},
        "MinBTL_years(Emax=1)": {str(trials): min_backtest_years(trials) for trials in (7, 10, 45, 100)},
    }
    for trials in (46, 88, 100):
        benchmark = deflated_benchmark(sqrt(0.5 / 250.0), trials)
        skewed = probabilistic_sharpe(SharpeSample(1250, daily, -3.0, 10.0), benchmark)
        found[f"DSR N={trials}"] = {"SR0_daily": benchmark, "DSR_g3-3_g4_10": skewed}
        if trials != 46:
            normal = probabilistic_sharpe(SharpeSample(1250, daily), benchmark)
            found[f"DSR N={trials} normal"] = {"SR0": benchmark, "DSR": normal}
    return found


def _lo() -> Vectors:
    def eta(rho: float, periods: int) -> float | None:
        return lo_factor(rho ** np.arange(1.0, periods), periods)

    errors = [(0.5, 12), (0.5, 60), (1.5, 60), (3.0, 12), (1.0, 120)]
    return {
        "Lo eta(12) AR1": {rho: eta(float(rho), 12) for rho in ("-0.5", "-0.2", "0", "0.1", "0.2", "0.5", "0.9")},
        "Lo eta(252) AR1 rho=.1/.2": [eta(0.1, 252), eta(0.2, 252)],
        "Lo SE iid sqrt((1+SR^2/2)/T)": {
            f"SR={sharpe},T={n}": sharpe_standard_error(sharpe, n) for sharpe, n in errors
        },
    }


def _funds(vectors: Vectors) -> Vectors:
    found = {}
    for name in EDHEC:
        n, sharpe, skewness, kurtosis = (vectors[name][key] for key in GIVEN[name])
        sample, skewed = SharpeSample(n, sharpe, skewness, kurtosis), SharpeSample(n, sharpe, skewness)
        found[name] = {
            "PSR028": probabilistic_sharpe(sample, 0.28),
            "PSR028_doc_0_6275225_no_kurt": probabilistic_sharpe(skewed, 0.28),
            "PSR_noskewkurt": probabilistic_sharpe(SharpeSample(n, sharpe), 0.28),
            "MinTRL": min_track_record(sample, 0.28),
            "MinTRL_doc_3861_706": min_track_record(skewed, 0.28),
        }
    return found


def _metrics(returns: FloatArray, periods_per_year: float) -> Vectors:
    days: Any = np.arange(len(returns), dtype=np.int64) * 86_400 * 10**9
    return returns_metrics(returns, np.cumprod(1.0 + returns, dtype=np.float64), days, 1.0, periods_per_year)


def _returns(vectors: Vectors) -> Vectors:
    returns = np.array(vectors["empyrical mixed_returns"]["vector"][1:])  # the first one is not a number
    found, nine = _metrics(returns, 252.0), _metrics(np.append(0.0, returns), 252.0)  # which empyrical counts
    spread, gains = distribution(returns.tolist()), trade_metrics(returns)
    ours = {
        "sharpe": found["sharpe_ratio"],
        "sortino": found["sortino_ratio"],
        "max_drawdown": found["max_drawdown"],
        "vol": found["volatility"],
        "total": found["total_return"],
    }
    theirs = {
        "annual_return": nine["cagr"],
        "calmar": nine["cagr"] / -found["max_drawdown"],
        "omega": gains["profit_factor"],
        "tail": spread["p95"] / -spread["p05"],
    }
    mine = {"annual_return_n8": found["cagr"], "annual_return_n9": nine["cagr"]}
    mixed = {"mine": ours | mine, "empyrical": ours | theirs}
    return {"empyrical mixed_returns": mixed, "bacon": _bacon(np.array(vectors["bacon"]["returns"]))}


def _bacon(returns: FloatArray) -> Vectors:
    """Bacon's figures of 24 months, with a minimum acceptable return of 0.5 % and a risk-free rate of 3 % a year."""
    excess, found, sample = returns - 0.005, _metrics(returns, 12.0), sharpe_sample(returns)
    assert sample is not None
    apart, gains = trade_metrics(returns - returns.mean()), trade_metrics(excess)
    equity = np.cumprod(1.0 + returns)
    drawdowns = equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1.0
    pain, ulcer = -drawdowns.mean(), sqrt(np.square(drawdowns).mean())

    def downside(values: FloatArray) -> float:
        figures = _metrics(values, 1.0)
        return float(values.mean() / figures["sortino_ratio"])

    def adjusted(sharpe: float) -> float:
        return sharpe * (1.0 + sample.skewness / 6.0 * sharpe - (sample.kurtosis - 3.0) / 24.0 * sharpe**2)

    return {
        "DownsideDev_doc_0_0255": downside(excess),
        "DownsidePotential_doc_0_0137": gains["gross_loss"] / len(returns),
        "UpsidePotential_doc_0_01771": gains["gross_profit"] / len(returns),
        "UpsideRisk_doc_0_02937": downside(-excess),
        "OmegaSharpe_doc_0_29": gains["profit_factor"] - 1.0,
        "Sortino_per_period_kappa2_doc_0_157": _metrics(excess, 1.0)["sortino_ratio"],
        "MAD_doc_0_0310": (apart["gross_profit"] + apart["gross_loss"]) / len(returns),
        "Kurt_sample_doc_3_03": sample.kurtosis,
        "AdjSharpe_doc_0_7591435": [
            adjusted(found["cagr"] / deviation) for deviation in (returns.std() * sqrt(12.0), found["volatility"])
        ],
        "ann_return": found["cagr"],
        "PainIndex_doc_0_04": pain,
        "MartinRatio_doc_1_70": found["cagr"] / ulcer,
        "PainRatio_doc_2_66": found["cagr"] / pain,
        "maxdd": found["max_drawdown"],
        "skew": sample.skewness,
    }


@cache
def _overfitting() -> Vectors:
    vignette = _cscv(vignette_returns(), 8)
    noise = _cscv(normal_returns(), 10)
    return {
        "R rng check set.seed(42) rnorm(3) (R: 1.37095845 -0.56469817 0.36312841)": r_normals(42, 3).tolist(),
        "PBO R vignette seed765 S=8 (rank/N)": vignette["rank/N"],
        "PBO R vignette seed765 S=8 (rank/(N+1), paper)": vignette["paper"],
        "PBO PCG64(12345) N(0,.01) 1000x20 S=10": noise["paper"],
        "PBO same + skill .002/day in col 7 S=10": _cscv(normal_returns(skill=0.002), 10)["paper"],
        "ffn PBO on A": noise["paper"]["pbo"],
    }


def _cscv(returns: FloatArray, blocks: int) -> dict[str, Vectors]:
    """Ours, and with the ranks as the R package takes them; its slope is the intercept the other way round."""
    trials = [BlockSums.of(trial, blocks) for trial in returns.T]
    found = backtest_overfitting(trials)
    assert found is not None
    assert found.slope is not None
    sums, squares = np.array([each.sums for each in trials]).T, np.array([each.squares for each in trials]).T
    bars = trials[0].length * blocks // 2
    ranks, inside, outside = (np.concatenate(each) for each in zip(*_judged(sums, squares, bars, 1000), strict=True))
    other_way = float(np.polyfit(outside, inside, 1)[1])
    paper = {
        "ncomb": found.splits,
        "pbo": found.pbo,
        "p_loss": found.loss,
        "slope_oos_on_is": found.slope,
        "intercept": found.intercept,
        "R_pkg_slope_is_actually_intercept_of_lm_is_on_oos": other_way,
        "r2": found.r_squared,
        "lam_mean": found.logit,
    }
    # A λ is infinite where the rank is N: those of the vignette are far below.
    shares = [rank / len(trials) for rank in ranks.tolist() if rank < len(trials)]
    logits = [log(share / (1.0 - share)) for share in shares]
    return {"paper": paper, "rank/N": paper | {"lam_mean": sum(logits) / len(logits)}}

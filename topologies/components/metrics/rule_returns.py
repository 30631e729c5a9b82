"""What follows a rule's buy days and its sell days, and whether that differs by more than chance."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topologies.bars import FloatArray


def rule_returns(closes: FloatArray, targets: FloatArray) -> dict[str, Any]:
    """Means, shares of gains and t-statistics of the log returns from close to close after each day's target.

    `closes` and `targets` have shape (n,): a day with a target above 0 is a buy, one below 0 a sell, and what it is
    judged by is the return of the day after it. t-statistics are those of Brock, Lakonishok and LeBaron (1992), with
    the variance σ² of all n - 1 returns: (m_buy - m) / √(σ²/N + σ²/N_buy), and for buys against sells
    (m_buy - m_sell) / √(σ²/N_buy + σ²/N_sell). A figure of a side without days is None.
    """
    returns = np.diff(np.log(closes))
    buys, sells = targets[:-1] > 0.0, targets[:-1] < 0.0
    bought, sold = _side(returns, buys), _side(returns, sells)
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else None
    everything = _side(returns, np.full(len(returns), True))
    between = None if bought["mean"] is None or sold["mean"] is None else bought["mean"] - sold["mean"]
    return {
        "returns": len(returns),
        "mean": everything["mean"],
        "std": deviation,
        **{f"buy_{name}": value for name, value in bought.items()},
        **{f"sell_{name}": value for name, value in sold.items()},
        "buy_minus_sell": between,
        "buy_t": _t_statistic(bought, everything, deviation),
        "sell_t": _t_statistic(sold, everything, deviation),
        "buy_minus_sell_t": _t_statistic(bought, sold, deviation),
    }


def _side(returns: FloatArray, days: NDArray[np.bool_]) -> dict[str, Any]:
    followed = returns[days]
    if not len(followed):
        return {"days": 0, "mean": None, "gains": None}
    return {"days": len(followed), "mean": float(followed.mean()), "gains": float((followed > 0.0).mean())}


def _t_statistic(one: dict[str, Any], other: dict[str, Any], deviation: float | None) -> float | None:
    if not one["days"] or not other["days"] or not deviation:
        return None
    difference: float = one["mean"] - other["mean"]
    return difference / (deviation * sqrt(1 / one["days"] + 1 / other["days"]))

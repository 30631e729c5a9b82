"""Figures of merit of an equity curve and its trades; a figure that is not defined is None."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from topologies.bars import FloatArray, IntArray, iso_timestamp

_YEAR_NS = 365.25 * 86_400 * 1e9


@dataclass(frozen=True, slots=True)
class FillColumns:
    """The fills of a window, in order: bar, traded notional, commission, and the position after each; shape (k,)."""

    bars: IntArray
    notionals: FloatArray
    commissions: FloatArray
    positions: FloatArray


def curve_metrics(equity: FloatArray, time_ns: IntArray, start_cash: float, periods_per_year: float) -> dict[str, Any]:
    """Metrics of the curve alone; `equity` at each bar's close and `time_ns`, both shape (n,).

    The first return is that from `start_cash`. Sharpe: mean/std(ddof=1)·√P. Sortino (Sortino and van der Meer 1991):
    mean·√P / √mean(min(r, 0)²), the mean over all n. `cagr` counts n/P years, `cagr_calendar` days/365.25; Calmar
    takes the calendar one.
    """
    return returns_metrics(bar_returns(equity, start_cash), equity, time_ns, start_cash, periods_per_year)


def bar_returns(equity: FloatArray, start_cash: float) -> FloatArray:
    """Per bar, the first one from `start_cash`; `equity` is that at each bar's close, both shape (n,)."""
    returns = np.concatenate(([start_cash], equity[:-1]))
    np.divide(equity, returns, out=returns)  # in place, here and below: these are the largest arrays of a phase
    returns -= 1.0
    return returns


def returns_metrics(
    returns: FloatArray, equity: FloatArray, time_ns: IntArray, start_cash: float, periods_per_year: float
) -> dict[str, Any]:
    """As `curve_metrics`, for returns that are known already; all arrays have shape (n,)."""
    root = sqrt(periods_per_year)
    mean = float(returns.mean())
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    downside = sqrt(float(np.square(np.minimum(returns, 0.0)).mean()))
    drawdowns = np.maximum.accumulate(equity)
    np.maximum(drawdowns, start_cash, out=drawdowns)
    np.divide(equity, drawdowns, out=drawdowns)
    drawdowns -= 1.0
    trough = int(drawdowns.argmin())
    deepest = min(float(drawdowns[trough]), 0.0)
    growth = float(equity[-1]) / start_cash
    years = float(time_ns[-1] - time_ns[0]) / _YEAR_NS
    cagr_calendar = _annualised(growth, years)
    return {
        "bars": len(equity),
        "start_cash": start_cash,
        "final_equity": float(equity[-1]),
        "total_return": growth - 1.0,
        "cagr": _annualised(growth, len(equity) / periods_per_year),
        "cagr_calendar": cagr_calendar,
        "volatility": deviation * root,
        "sharpe_ratio": mean / deviation * root if deviation > 0.0 else None,
        "sortino_ratio": mean * root / downside if downside > 0.0 else None,
        "max_drawdown": deepest,
        "max_drawdown_at": iso_timestamp(int(time_ns[trough])) if deepest < 0.0 else None,
        "calmar_ratio": cagr_calendar / -deepest if cagr_calendar is not None and deepest < 0.0 else None,
        "periods_per_year": periods_per_year,
    }


def activity_metrics(
    equity: FloatArray, time_ns: IntArray, start: int, start_cash: float, fills: FillColumns
) -> dict[str, Any]:
    """Exposure: bars held / bars. Turnover: Σ |notional| / equity at the close before, by calendar year.

    `start` is the index of the window's first bar, which `fills.bars` count from 0.
    """
    years = float(time_ns[-1] - time_ns[0]) / _YEAR_NS
    bars = fills.bars - start
    before = np.concatenate(([start_cash], equity))[bars]
    turnover = float((fills.notionals / before).sum())
    lengths = np.diff(np.concatenate((bars, [len(equity)])))
    held = int(lengths[fills.positions != 0.0].sum())
    return {
        "fills": len(bars),
        "open_positions": int(len(bars) and fills.positions[-1] != 0.0),
        "commission": float(fills.commissions.sum()),
        "exposure": held / len(equity),
        "annual_turnover": turnover / years if years > 0.0 else None,
    }


def trade_metrics(pnls: FloatArray) -> dict[str, Any]:
    """Metrics by closed trade; `pnls` are money after commission. A position that is still open counts in none."""
    wins, losses = pnls[pnls > 0.0], pnls[pnls < 0.0]
    return trade_ratios(len(pnls), len(wins), float(wins.sum()), -float(losses.sum()))


def trade_ratios(trades: int, wins: int, gross_profit: float, gross_loss: float) -> dict[str, Any]:
    """Win rate, profit factor (gross profit / gross loss) and expectancy (money per trade), from their sums."""
    return {
        "trades": trades,
        "wins": wins,
        "gross_profit": gross_profit,
        "gross_loss": gross_loss,
        "win_rate": wins / trades if trades else None,
        "profit_factor": gross_profit / gross_loss if gross_loss > 0.0 else None,
        "expectancy": (gross_profit - gross_loss) / trades if trades else None,
    }


def _annualised(growth: float, years: float) -> float | None:
    if years <= 0.0:
        return None
    try:
        return growth ** (1.0 / years) - 1.0 if growth > 0.0 else -1.0
    except OverflowError:
        return None

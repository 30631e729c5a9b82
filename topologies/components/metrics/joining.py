"""Several windows, each traded in a fresh account, as if one account had gone through them in turn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from topologies.bars import FloatArray
from topologies.components.metrics.performance import bar_returns, trade_ratios


def join_curves(curves: Sequence[tuple[FloatArray, float]], cash: float) -> tuple[FloatArray, FloatArray]:
    """The returns of all curves, each given with its start cash, and the equity that `cash` compounds to by them.

    Of a curve, the first return is from its start cash. Both have shape (all bars,).
    """
    returns, pieces = [], []
    for equity, start_cash in curves:
        returns.append(bar_returns(equity, start_cash))
        pieces.append(equity * (cash / start_cash))
        cash = float(pieces[-1][-1])
    return np.concatenate(returns), np.concatenate(pieces)


def join_activity(windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of the windows' metrics those of fills and trades: counts and money added up, shares of time weighed by bars."""
    bars = sum(window["bars"] for window in windows)
    sums = {name: sum(window[name] for window in windows) for name in ("trades", "wins", "gross_profit", "gross_loss")}
    return {
        "fills": sum(window["fills"] for window in windows),
        "open_positions": sum(window["open_positions"] for window in windows),
        "commission": sum(window["commission"] for window in windows),
        "exposure": sum(window["exposure"] * window["bars"] for window in windows) / bars,
        "annual_turnover": sum((window["annual_turnover"] or 0.0) * window["bars"] for window in windows) / bars,
    } | trade_ratios(**sums)

"""The trade bootstrap: a backtest's closed trades, drawn again in other numbers and order."""

from math import sqrt
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import result_labels
from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import draws


@topology(name="trade_bootstrap")
def trade_bootstrap(context: PhaseContext) -> None:
    """Publish PORTFOLIO_METRICS for each of `config.monte_carlo.paths` draws, with replacement, of all closed trades.

    A trade's return is its profit by the cash at the start and all profits before it, so that the trades as they were
    compound to what they earned. Drawdowns are from trade to trade. Sharpe ratio: mean/std(ddof=1)·√(trades a year).
    """
    config = context.config
    trace, cash, drawn = context.inputs[config["backtest"]], config["execution"]["cash"], config["monte_carlo"]
    [metrics] = trace.filter_events(event_type="PORTFOLIO_METRICS")
    pnls = [event.payload["pnl"] for event in trace.filter_events(event_type="POSITION_CLOSE")]
    if not pnls:
        raise ConfigError(
            f"the backtest '{config['backtest']}' closed no trade: there is nothing to resample. Take other parameters."
        )
    returns = trade_returns(np.array(pnls), cash)
    trades_a_year = len(returns) * config["periods_per_year"] / metrics.payload["bars"]
    labels = result_labels(config) | {"params": metrics.payload["params"], "trades": len(returns)}
    for path in range(drawn["paths"]):
        rows = draws(drawn["seed"], path * len(returns), len(returns), len(returns))
        figures = trades_metrics(returns[rows], cash, trades_a_year)
        context.publish("PORTFOLIO_METRICS", metrics.timestamp, "trade_bootstrap", labels | {"path": path} | figures)


def trade_returns(pnls: FloatArray, cash: float) -> FloatArray:
    """Of trades that earned `pnls` one after the other, shape (n,), each one's return on what there was before."""
    before = cash + np.concatenate(([0.0], np.cumsum(pnls)[:-1]))
    returns: FloatArray = pnls / before
    return returns


def trades_metrics(returns: FloatArray, cash: float, trades_a_year: float) -> dict[str, Any]:
    """The figures of trades with these returns, one after the other; shape (n,)."""
    equity = cash * np.cumprod(1.0 + returns)
    peaks = np.maximum(np.maximum.accumulate(equity), cash)
    deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return {
        "start_cash": cash,
        "final_equity": float(equity[-1]),
        "total_return": float(equity[-1]) / cash - 1.0,
        "max_drawdown": min(float((equity / peaks).min()) - 1.0, 0.0),
        "sharpe_ratio": float(returns.mean()) / deviation * sqrt(trades_a_year) if deviation > 0.0 else None,
    }

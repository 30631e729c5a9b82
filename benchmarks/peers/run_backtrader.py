"""backtrader: one Cerebro after the other, without observers, on which most of its time would go."""

import sys
from typing import Any

import backtrader as bt
import pandas as pd
from exercise import CASH, FAST, SHARES, SLOW, answer, sweep, walk_forward


class SmaCross(bt.Strategy):
    """Long `SHARES` while the fast average is above the slow one."""

    params = (("fast", FAST), ("slow", SLOW))

    def __init__(self) -> None:
        self.fast_mean = bt.ind.SMA(self.data.close, period=self.p.fast)
        self.slow_mean = bt.ind.SMA(self.data.close, period=self.p.slow)
        self.fills = 0

    def next(self) -> None:
        above = self.fast_mean[0] > self.slow_mean[0]
        if above and not self.position:
            self.buy(size=SHARES)
        elif not above and self.position:
            self.close()

    def notify_order(self, order: Any) -> None:
        self.fills += order.status == order.Completed


def run(bars: Any, fast: int = FAST, slow: int = SLOW) -> tuple[int, float]:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(CASH)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars, datetime="timestamp"))
    cerebro.addstrategy(SmaCross, fast=fast, slow=slow)
    (strategy,) = cerebro.run()
    return strategy.fills, cerebro.broker.getvalue()


def backtest(bars: Any) -> dict[str, Any]:
    fills, equity = run(bars)
    return {"fills": fills, "final_equity": equity}


def final_equity(bars: Any, fast: int, slow: int) -> float:
    return run(bars, fast, slow)[1]


answer(
    pd.read_csv(sys.argv[2], parse_dates=["timestamp"]),
    w1=backtest,
    w2=lambda bars: sweep(final_equity, bars),
    w3=lambda bars: walk_forward(final_equity, bars),
)

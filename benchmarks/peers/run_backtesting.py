"""backtesting.py: one backtest after the other; its own `optimize` takes longer on this work."""

import sys
import warnings
from typing import Any

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy
from exercise import CASH, FAST, SHARES, SLOW, answer, sweep, walk_forward

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda iterable, **_: iterable  # noqa: SLF001 -- no progress bar


def sma(values: Any, window: int) -> Any:
    return pd.Series(values).rolling(window).mean()


class SmaCross(Strategy):
    """Long `SHARES` while the fast average is above the slow one."""

    fast, slow = FAST, SLOW

    def init(self) -> None:
        self.fast_mean = self.I(sma, self.data.Close, self.fast)
        self.slow_mean = self.I(sma, self.data.Close, self.slow)

    def next(self) -> None:
        above = self.fast_mean[-1] > self.slow_mean[-1]
        if above and not self.position:
            self.buy(size=SHARES)
        elif not above and self.position:
            self.position.close()


def run(bars: Any, fast: int = FAST, slow: int = SLOW) -> Any:
    return Backtest(bars, SmaCross, cash=CASH, commission=0, finalize_trades=False).run(fast=fast, slow=slow)


def backtest(bars: Any) -> dict[str, Any]:
    stats = run(bars)
    fills = 2 * len(stats["_trades"]) + len(stats["_strategy"].trades)
    return {"fills": fills, "final_equity": float(stats["Equity Final [$]"])}


def final_equity(bars: Any, fast: int, slow: int) -> float:
    return float(run(bars, fast, slow)["Equity Final [$]"])


frame = pd.read_csv(sys.argv[2], parse_dates=["timestamp"]).set_index("timestamp")
frame.columns = ["Open", "High", "Low", "Close", "Volume"]
answer(
    frame,
    w1=backtest,
    w2=lambda bars: sweep(final_equity, bars),
    w3=lambda bars: walk_forward(final_equity, bars),
)

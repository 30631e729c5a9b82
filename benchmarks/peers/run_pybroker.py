"""PyBroker, set to fill at the next open; one backtest after the other."""

import sys
import warnings
from typing import Any

import pandas as pd
import pybroker as pb
from exercise import CASH, FAST, SHARES, SLOW, answer, sweep, walk_forward
from pybroker import PriceType, Strategy, StrategyConfig

warnings.filterwarnings("ignore")
pb.disable_logging()
pb.disable_progress_bar()
CONFIG = StrategyConfig(initial_cash=CASH, round_fill_price=False, round_test_result=False)


def sma(data: Any, period: int) -> Any:
    return pd.Series(data.close).rolling(int(period)).mean().to_numpy()


def cross(context: Any) -> None:
    above = context.indicator("fast_mean")[-1] > context.indicator("slow_mean")[-1]
    position = context.long_pos()
    if above and not position:
        context.buy_shares = SHARES
        context.buy_fill_price = PriceType.OPEN
    elif not above and position:
        context.sell_all_shares()
        context.sell_fill_price = PriceType.OPEN


def run(bars: Any, fast: int = FAST, slow: int = SLOW) -> Any:
    bars = bars.reset_index(drop=True)
    strategy = Strategy(bars, bars.date.iloc[0], bars.date.iloc[-1], CONFIG)
    averages = [pb.indicator("fast_mean", sma, period=fast), pb.indicator("slow_mean", sma, period=slow)]
    strategy.add_execution(cross, "BARS", indicators=averages)
    return strategy.backtest(calc_bootstrap=False)


def backtest(bars: Any) -> dict[str, Any]:
    result = run(bars)
    return {"fills": len(result.orders), "final_equity": float(result.portfolio.market_value.iloc[-1])}


def final_equity(bars: Any, fast: int, slow: int) -> float:
    return float(run(bars, fast, slow).portfolio.market_value.iloc[-1])


frame = pd.read_csv(sys.argv[2], parse_dates=["timestamp"]).rename(columns={"timestamp": "date"})
frame["symbol"] = "BARS"
answer(
    frame,
    w1=backtest,
    w2=lambda bars: sweep(final_equity, bars),
    w3=lambda bars: walk_forward(final_equity, bars),
)

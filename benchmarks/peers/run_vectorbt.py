"""vectorbt with its Rust engine: all combinations, and all windows, as columns of one portfolio."""

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from exercise import CASH, FAST, SHARES, SLOW, SMALL_SWEEP, SWEEP, WINDOWS, answer

warnings.filterwarnings("ignore")


def portfolio(close: Any, opening: Any, fast: Any, slow: Any) -> Any:
    """`signals.fshift`, since the plain `fshift` of booleans falls back to Numba, which compiles for six seconds."""
    entries = vbt.MA.run(close, fast, short_name="fast").ma_above(vbt.MA.run(close, slow, short_name="slow"))
    exits = ~entries
    if isinstance(close, pd.DataFrame):  # one column per window: repeat them for every combination
        close, opening = (_repeat(prices, entries) for prices in (close, opening))
    return vbt.Portfolio.from_signals(
        close,
        entries.vbt.signals.fshift(1),
        exits.vbt.signals.fshift(1),
        price=opening,
        size=SHARES,
        init_cash=CASH,
        fees=0,
        freq="1min",
    )


def backtest(bars: Any) -> dict[str, Any]:
    result = portfolio(bars.close, bars.open, FAST, SLOW)
    equity = float(result.final_value())
    return {"fills": len(result.orders.records), "final_equity": equity}


def sweep(bars: Any) -> dict[str, Any]:
    fast, slow = (list(values) for values in zip(*SWEEP, strict=True))
    return {"equities": portfolio(bars.close, bars.open, fast, slow).final_value().tolist()}


def walk_forward(bars: Any) -> dict[str, Any]:
    fast, slow = (list(values) for values in zip(*SMALL_SWEEP, strict=True))
    (train_close, test_close), (train_open, test_open) = _split(bars.close), _split(bars.open)
    trained = portfolio(train_close, train_open, fast, slow).final_value().to_numpy()
    best = trained.reshape(len(SMALL_SWEEP), len(WINDOWS)).argmax(axis=0)
    equities = []
    for window, trial in enumerate(best):
        close, opening = test_close.iloc[:, [window]], test_open.iloc[:, [window]]
        equities.append(float(portfolio(close, opening, [fast[trial]], [slow[trial]]).final_value().iloc[0]))
    return {"equities": equities}


def _repeat(prices: Any, entries: Any) -> Any:
    repeated = np.tile(prices, len(entries.columns) // len(prices.columns))
    return pd.DataFrame(repeated, entries.index, entries.columns)


def _split(prices: Any) -> tuple[Any, Any]:
    (train, _), (test, _) = prices.vbt.rolling_split(n=10, window_len=2800, set_lens=(800,), left_to_right=False)
    return train, test


answer(
    pd.read_csv(sys.argv[2], parse_dates=["timestamp"]).set_index("timestamp"),
    w1=backtest,
    w2=sweep,
    w3=walk_forward,
)

"""Three real symbols in one account come to what a plain loop over their days comes to."""

from pathlib import Path

import numpy as np
import pytest

from tests.fakes.market import Workbench, payloads, sha256_of, trading_config
from topologies.bars import FloatArray

WEIGHTS = {"SPY": 0.5, "TLT": 0.3, "GLD": 0.2}
AVERAGES = {"fast": 10, "slow": 30}


def test_three_symbols_on_one_clock_come_to_what_a_plain_loop_comes_to(tmp_path: Path, shared: Path) -> None:
    bench = Workbench(tmp_path)
    files = {symbol: bench.add_file(shared / "data" / f"{symbol}.csv") for symbol in WEIGHTS}
    legs = [
        {
            "name": symbol,
            "bars": {"sha256": sha256_of(file), "symbol": symbol, "prices": "raw", "start": 0},
            "strategy": {"name": "sma_cross", "params": AVERAGES},
            "weight": WEIGHTS[symbol],
        }
        for symbol, file in files.items()
    ]
    plain = trading_config(files["SPY"], {})
    common = {name: plain[name] for name in ("execution", "risk", "periods_per_year", "trace")}
    events = bench.run("portfolio_backtest", {"legs": legs, "rebalance": "none"} | common)
    fills, equity = plain_portfolio(files)
    [metrics] = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["fills"] == fills > 500
    assert metrics["final_equity"] == pytest.approx(equity, rel=1e-9)


def plain_portfolio(files: dict[str, Path]) -> tuple[int, float]:
    """Fills and final equity of all legs; sums of whole millionths make the averages exact."""
    days, opens, closes, targets = {}, {}, {}, {}
    for symbol, file in files.items():
        rows = np.loadtxt(file, delimiter=",", skiprows=1, dtype=str)
        days[symbol] = {day: number for number, day in enumerate(rows[:, 0].tolist())}
        opens[symbol], closes[symbol] = rows[:, 1].astype(float), rows[:, 4].astype(float)
        targets[symbol] = crossing(closes[symbol])
    cash, fills, position, price = 100_000.0, 0, dict.fromkeys(files, 0.0), dict.fromkeys(files, 0.0)
    for day in sorted(set().union(*days.values())):
        today = {symbol: days[symbol][day] for symbol in files if day in days[symbol]}
        price |= {symbol: opens[symbol][bar] for symbol, bar in today.items()}
        for buys in (False, True):
            for symbol, bar in today.items():
                wanted = bar > 0 and targets[symbol][bar - 1]
                if wanted == bool(position[symbol]) or wanted != buys:
                    continue
                equity = cash + sum(position[each] * price[each] for each in files)
                shares = min(WEIGHTS[symbol] * equity, cash) / price[symbol] if buys else -position[symbol]
                cash, fills = cash - shares * price[symbol], fills + 1
                position[symbol] = position[symbol] + shares if buys else 0.0
        price |= {symbol: closes[symbol][bar] for symbol, bar in today.items()}
    return fills, cash + sum(position[symbol] * price[symbol] for symbol in files)


def crossing(close: FloatArray) -> list[bool]:
    """Whether the fast average is above the slow one, at each close."""
    sums = np.concatenate(([0], np.cumsum(np.rint(close * 1e6).astype(np.int64))))
    fast, slow = AVERAGES["fast"], AVERAGES["slow"]
    long = [False] * (slow - 1)
    for end in range(slow, len(sums)):
        long.append(bool((sums[end] - sums[end - fast]) * slow > (sums[end] - sums[end - slow]) * fast))
    return long

"""Portfolios of real symbols, whose data begins on different days, do what a plain loop over the days does."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.fakes.market import Workbench, payloads, sha256_of, trading_config

CASH = 100_000.0


class Asset(NamedTuple):
    """A leg: its file in the reference material, its weight, and its averages; without, it is bought and held."""

    file: str
    weight: float
    averages: tuple[int, int] | None = None
    factors: str | None = None


PORTFOLIOS = {
    "funds": (Asset("SPY.csv", 0.5), Asset("TLT.csv", 0.3, (10, 30)), Asset("GLD.csv", 0.2, (20, 100))),
    "split-adjusted": (
        Asset("lean_IBM_raw.csv", 0.6, (10, 30), "lean_IBM_factors.csv"),
        Asset("lean_SPY_raw.csv", 0.4),
    ),
}


@pytest.mark.parametrize("assets", PORTFOLIOS.values(), ids=PORTFOLIOS)
def test_a_portfolio_of_real_symbols_ends_with_what_a_loop_over_the_days_ends_with(
    assets: tuple[Asset, ...], shared: Path, tmp_path: Path
) -> None:
    bench, folder = Workbench(tmp_path), shared / "data"
    plain = trading_config(Path(__file__), {})
    common = {name: plain[name] for name in ("execution", "risk", "periods_per_year", "trace")}
    legs = [leg(bench, folder, asset) for asset in assets]

    events = bench.run("portfolio_backtest", {"legs": legs, "rebalance": "none"} | common)

    fills, final_equity = looped([(asset, *table(folder, asset)) for asset in assets])
    found = [(event.payload, str(event.timestamp)[:10]) for event in events if event.event_type == "FILL"]
    worth = [(fill["quantity"] * fill["price"], fill["leg"], day, fill["side"]) for fill, day in found]
    assert [rest for money, *rest in worth if money > 1e-6] == [list(fill) for fill in fills]
    assert {name for name, _, _ in fills} == {asset.file for asset in assets}
    [metrics] = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["final_equity"] == pytest.approx(final_equity, rel=1e-9)
    gains = [each["pnl"] for each in payloads(events, "CONTRIBUTION")]
    assert CASH + sum(gains) == pytest.approx(final_equity, rel=1e-9)


def leg(bench: Workbench, folder: Path, asset: Asset) -> dict[str, Any]:
    bars = {"sha256": sha256_of(bench.add_file(folder / asset.file)), "symbol": asset.file, "prices": "raw", "start": 0}
    if asset.factors:
        bars |= {"prices": "split", "factors": sha256_of(bench.add_file(folder / asset.factors))}
    strategy: dict[str, Any] = {"name": "buy_and_hold", "params": {}}
    if asset.averages:
        strategy = {"name": "sma_cross", "params": dict(zip(("fast", "slow"), asset.averages, strict=True))}
    return {"name": asset.file, "bars": bars, "strategy": strategy, "weight": asset.weight}


def table(folder: Path, asset: Asset) -> tuple[list[str], list[float], list[float]]:
    """Days, opens and closes; a row of factors holds up to its day."""
    rows = rows_of(folder / asset.file)
    days = [row["timestamp"][:10] for row in rows]
    by = [1.0] * len(rows)
    if asset.factors:
        factors = rows_of(folder / asset.factors)
        by = [next((float(row["split_factor"]) for row in factors if row["date"] >= day), 1.0) for day in days]
    opens, closes = ([float(row[name]) * f for row, f in zip(rows, by, strict=True)] for name in ("open", "close"))
    return days, opens, closes


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def looped(
    markets: list[tuple[Asset, list[str], list[float], list[float]]],
) -> tuple[list[tuple[str, str, str]], float]:
    """(leg, day, side) of each fill, and the final equity; only changes of what is wanted are traded."""
    cash, shares, price = CASH, [0.0] * len(markets), [0.0] * len(markets)
    wants, fills = [[*wanted(asset, closes), False] for asset, _, _, closes in markets], []  # [-1] is before the first
    at = [{day: bar for bar, day in enumerate(days)} for _, days, _, _ in markets]
    for day in sorted(set().union(*at)):
        trading = [(number, at[number][day]) for number in range(len(markets)) if day in at[number]]
        for number, bar in trading:
            price[number] = markets[number][2][bar]
        changed = [(number, bar) for number, bar in trading if bar and wants[number][bar - 1] != wants[number][bar - 2]]
        due = [(number, wants[number][bar - 1]) for number, bar in changed]
        for number, want in sorted(due, key=lambda item: item[1]):
            asset = markets[number][0]
            spent = min(asset.weight * (cash + float(np.dot(shares, price))), cash)
            spent = spent if want else -shares[number] * price[number]
            cash, shares[number] = cash - spent, spent / price[number] if want else 0.0
            if spent:
                fills.append((asset.file, day, "BUY" if want else "SELL"))
        for number, bar in trading:
            price[number] = markets[number][3][bar]
    return fills, cash + float(np.dot(shares, price))


def wanted(asset: Asset, closes: list[float]) -> list[bool]:
    """Rounded, as the averages of IBM on 2000-02-17 are the same."""
    if asset.averages is None:
        return [True] * len(closes)
    fast, slow = asset.averages
    means = [np.lib.stride_tricks.sliding_window_view(closes, length).mean(axis=1).round(9) for length in (fast, slow)]
    above: list[bool] = (means[0][slow - fast :] > means[1]).tolist()
    return [False] * (slow - 1) + above

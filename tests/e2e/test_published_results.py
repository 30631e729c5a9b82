"""Published results come out of the job files in jobs/examples/published/, as near as its README says."""

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.command_line import ROOT, daybreak, phases_of, run_json
from tests.fakes.market import random_walk

PUBLISHED = ROOT / "jobs" / "examples" / "published"
DOW_JONES = PUBLISHED / "data" / "dow_jones.csv"
# Brock, Lakonishok and LeBaron (1992), Table II, from memory: (short, long, band), mean returns after buys and sells.
TABLE_II = {(1, 50, 0.0): (0.00047, -0.00027)}
TABLE_II_AVERAGES = (0.00042, -0.00025)
# QuantConnect/Lean, Algorithm.CSharp/MACDTrendAlgorithm.cs at 0124dffa, ExpectedStatistics.
LEAN = {"orders": 84, "end_equity": 137_751.04, "drawdown": -0.349, "fees": 468.54, "win_rate": 0.57}
# Schaeffer's (2014): when a stay below or above the average began, and what SPY made of it, in percent.
SCHAEFFER_BELOW = {"2000-09-29": -18.11, "2002-04-02": -21.93, "2008-05-20": -33.21}
SCHAEFFER_ABOVE = {"2012-11-19": 36.9}
# Faber (2013), S&P 500 1901-2012, from memory: held, and timed by the 10-month average.
FABER_HELD = {"cagr": 0.0932, "volatility": 0.1787, "max_drawdown": -0.8346}
FABER_TIMED = {"volatility": 0.1197, "max_drawdown": -0.5029}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, where the Dow's closes are only if somebody has put them there."""
    copied = tmp_path_factory.mktemp("published") / "examples"
    shutil.copytree(ROOT / "jobs" / "examples", copied)
    return copied / "published"


def extracted(folder: Path, job: str) -> dict[str, dict[str, Any]]:
    """What the extractors read out of each phase of a published job."""
    phases = phases_of(run_json(folder, f"{job}.yaml"))
    return {name: phase["extracted_results"] for name, phase in phases.items()}


def rules_by_parameters(found: dict[str, dict[str, Any]]) -> dict[tuple[int, int, float], dict[str, Any]]:
    return {tuple(rule["params"].values()): rule for rule in found["rules"]["rule_returns"]}


def test_the_index_with_dividends_is_made_of_its_prices_and_dividends() -> None:
    with (PUBLISHED / "data" / "sp_composite_monthly.csv").open() as file:
        rows = list(csv.DictReader(file))
    months = [f"{year}-{month:02}-01" for year in range(1900, 2013) for month in range(1, 13)]
    assert [row["date"] for row in rows] == months
    price, dividend, index = (
        np.array([float(row[name]) for row in rows]) for name in ("close", "dividend", "adj_close")
    )
    np.testing.assert_allclose(index[1:] / index[:-1], (price[1:] + dividend[1:] / 12) / price[:-1], rtol=1e-6)
    assert (round(price.sum(), 2), round(dividend.sum(), 2)) == (322_174.29, 7_268.29)  # no digit changes unseen


def test_faber_s_timing_cuts_risk_by_as_much_as_he_found_and_his_index_earned_as_much(folder: Path) -> None:
    metrics = {name: found["portfolio_metrics"] for name, found in extracted(folder, "faber_2013").items()}
    [held], [timed], [later] = (metrics[name] for name in ("buy-and-hold", "as-published", "a-month-later"))
    assert held["cagr"] == pytest.approx(FABER_HELD["cagr"], abs=0.0025)
    assert held["max_drawdown"] == pytest.approx(FABER_HELD["max_drawdown"], abs=0.04)
    assert timed["max_drawdown"] == pytest.approx(FABER_TIMED["max_drawdown"], abs=0.04)
    published = FABER_TIMED["volatility"] / FABER_HELD["volatility"]
    assert timed["volatility"] / held["volatility"] == pytest.approx(published, abs=0.05)
    # What it earns is no reproduction, since cash earns nothing here: these are our own figures, to see them change.
    assert [timed["cagr"], later["cagr"]] == pytest.approx([0.1024, 0.0804], abs=0.0001)


def test_the_macd_of_lean_s_repository_trades_on_the_same_days_and_earns_what_it_says(folder: Path) -> None:
    found = extracted(folder, "lean_macd_trend")["trade"]
    [metrics] = found["portfolio_metrics"]
    assert metrics["fills"] == LEAN["orders"]
    assert round(metrics["win_rate"], 2) == LEAN["win_rate"]
    assert metrics["final_equity"] == pytest.approx(LEAN["end_equity"], rel=0.015)
    assert metrics["max_drawdown"] == pytest.approx(LEAN["drawdown"], abs=0.01)
    assert metrics["commission"] == pytest.approx(LEAN["fees"], rel=0.02)
    days = found["equity_curve"][0]["timestamp"]
    assert (days[0][:10], days[-1][:10]) == ("2004-01-02", "2014-12-31")
    assert sized_as_lean_does(found["fills"]) == pytest.approx((LEAN["end_equity"], LEAN["fees"]), abs=0.005)


def sized_as_lean_does(fills: list[dict[str, Any]]) -> tuple[float, float]:
    """Final equity and fees of these fills if their shares are worth 99.75 % of the equity at the close before."""
    with (ROOT / "jobs" / "examples" / "data" / "SPY.csv").open() as file:
        adjusted_closes = [float(row["adj_close"]) for row in csv.DictReader(file)]
    cash, shares, fees = 100_000.0, 0, 0.0
    for fill in fills:
        close = adjusted_closes[fill["bar"] - 1]
        budget = 0.9975 * cash
        bought = int((budget - max(1.0, 0.005 * budget / close)) / close) if fill["side"] == "BUY" else -shares
        fee = max(1.0, 0.005 * abs(bought))
        cash, shares, fees = cash - bought * fill["price"] - fee, shares + bought, fees + fee
    assert shares == 0
    return cash, fees


def test_none_of_the_ten_moving_averages_predicts_spy_as_fang_jacobsen_and_qin_found_of_the_dow(folder: Path) -> None:
    rules = rules_by_parameters(extracted(folder, "fang_jacobsen_qin_2014"))
    assert len(rules) == 10
    for params, rule in rules.items():
        assert (rule["first"][:10], rule["last"][:10]) == ("1998-01-02", "2011-12-30")
        for figure in ("buy_t", "sell_t", "buy_minus_sell_t"):
            assert abs(rule[figure]) < 1.96, (params, figure)


def test_the_figures_of_a_rule_are_those_of_a_walk_over_the_days(folder: Path) -> None:
    rule = rules_by_parameters(extracted(folder, "fang_jacobsen_qin_2014"))[5, 150, 0.01]
    with (ROOT / "jobs" / "examples" / "data" / "SPY.csv").open() as file:
        closes = [float(row["close"]) for row in csv.DictReader(file)][:3523]
    after: dict[str, list[float]] = {"buy": [], "sell": []}
    for day in range(149, 3522):
        short, long = sum(closes[day - 4 : day + 1]) / 5, sum(closes[day - 149 : day + 1]) / 150
        if abs(short / long - 1.0) > 0.01:
            after["buy" if short > long else "sell"].append(np.log(closes[day + 1] / closes[day]))
    for side, returns in after.items():
        assert rule[f"{side}_days"] == len(returns)
        assert rule[f"{side}_mean"] == pytest.approx(np.mean(returns), abs=1e-12)


def stays(folder: Path, side: str, *settings: str) -> dict[str, float]:
    """What SPY made in each stay above (LONG) or below (SHORT) the 200-day average, in percent, by its first day."""
    phases = phases_of(run_json(folder, "schaeffer_2014.yaml", *settings))
    return {
        position["entry_time"][:10]: 100.0 * (position["exit_price"] / position["entry_price"] - 1.0)
        for position in phases["backtest"]["extracted_results"]["positions"]
        if position["side"] == side
    }


def test_two_of_schaeffer_s_stays_are_found_in_the_closes_that_are_shipped(folder: Path) -> None:
    assert stays(folder, "LONG")["2012-11-19"] == pytest.approx(SCHAEFFER_ABOVE["2012-11-19"], abs=0.1)
    assert stays(folder, "SHORT")["2000-09-29"] == pytest.approx(SCHAEFFER_BELOW["2000-09-29"], abs=0.25)


def test_all_of_schaeffer_s_stays_are_found_in_the_closes_of_yahoo(folder: Path, shared: Path) -> None:
    yahoo = ("--set", f"data.file={shared / 'data' / 'SPY.csv'}")
    above, below = stays(folder, "LONG", *yahoo), stays(folder, "SHORT", *yahoo)
    assert {day: above[day] for day in SCHAEFFER_ABOVE} == pytest.approx(SCHAEFFER_ABOVE, abs=0.1)
    assert {day: below[day] for day in SCHAEFFER_BELOW} == pytest.approx(SCHAEFFER_BELOW, abs=0.005)
    assert min(below) == "1994-03-25"
    assert sum(day < "2014-10-10" for day in below) == 73


def test_the_job_of_brock_lakonishok_and_lebaron_ends_in_the_columns_of_their_table(folder: Path) -> None:
    other = folder.with_name("any_closes")
    (other / "data").mkdir(parents=True)
    shutil.copy(folder / "brock_lakonishok_lebaron_1992.yaml", other)
    bars = random_walk(1, 400)
    rows = [f"{bars.timestamp(day)[:10]},{f'{close!r},' * 3}{close!r}" for day, close in enumerate(bars.close.tolist())]
    (other / "data" / "dow_jones.csv").write_text("\n".join(["date,open,high,low,close", *rows]) + "\n")
    printed = daybreak(other, "run", "brock_lakonishok_lebaron_1992.yaml").stdout
    lines = [line for line in printed.splitlines() if line.startswith(("rule", "short="))]
    assert len(lines) == 11
    assert " ".join(lines[0].split()) == "rule buy days sell days after a buy after a sell difference t"
    assert lines[-1].startswith("short=2 long=200 band=0.01")


@pytest.mark.skipif(not DOW_JONES.exists(), reason="the Dow's closes may not be shipped: see published/README.md")
def test_moving_averages_on_the_dow_are_those_of_brock_lakonishok_and_lebaron(folder: Path) -> None:
    rules = rules_by_parameters(extracted(folder, "brock_lakonishok_lebaron_1992"))
    for params, means in TABLE_II.items():
        assert [rules[params]["buy_mean"], rules[params]["sell_mean"]] == pytest.approx(means, abs=0.00005)
    averages = [np.mean([rule[name] for rule in rules.values()]) for name in ("buy_mean", "sell_mean")]
    assert averages == pytest.approx(TABLE_II_AVERAGES, abs=0.00005)

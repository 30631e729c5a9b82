"""A portfolio of several symbols runs as any job does: resumed, verified, told of in tables and on its page."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.command_line import ROOT, daybreak, digests, phases_of, run_json

JOB = """\
workflow: portfolio
strategy: buy_and_hold
data: {file: SPY.csv, symbol: SPY}
portfolio:
  legs:
    stocks: {weight: 0.6}
    late: {data: LATE.csv, strategy: {name: sma_cross, params: {fast: 5, slow: 20}}, weight: 0.4}
  rebalance: monthly
"""
FILES = {"stocks": "SPY.csv", "late": "LATE.csv"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a portfolio of SPY and of a symbol that begins later, and that every tenth day is not traded."""
    folder = tmp_path_factory.mktemp("portfolio")
    lines = (ROOT / "jobs" / "examples" / "data" / "SPY.csv").read_text().splitlines()
    late = [line for number, line in enumerate(lines[1000:1600]) if number % 10 != 5]
    for name, rows in (("SPY.csv", lines[600:1600]), ("LATE.csv", late)):
        (folder / name).write_text("\n".join([lines[0], *rows]) + "\n")
    (folder / "job.yaml").write_text(JOB)
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> dict[str, Any]:
    return run_json(folder, "job.yaml", "--workflow-id", "wf-1")


def test_the_legs_contributions_are_what_the_account_has_gained(result: dict[str, Any]) -> None:
    phase = phases_of(result)["portfolio"]["extracted_results"]
    assert [leg["leg"] for leg in phase["contributions"]] == ["stocks", "late"]
    gained = sum(leg["pnl"] for leg in phase["contributions"])
    [metrics] = phase["portfolio_metrics"]
    assert metrics["final_equity"] == pytest.approx(100_000.0 + gained, rel=1e-12)
    assert (metrics["symbol"], metrics["rebalance"]) == ("SPY+LATE", "monthly")


def test_the_equity_is_cash_and_what_each_leg_is_worth_at_every_close(folder: Path, result: dict[str, Any]) -> None:
    """Walked again from the fills alone, over the files as they are."""
    rows = {name: csv.DictReader((folder / name).read_text().splitlines()) for name in FILES.values()}
    closes = {name: {row["timestamp"]: float(row["close"]) for row in found} for name, found in rows.items()}
    phase = phases_of(result)["portfolio"]["extracted_results"]
    [curve] = phase["equity_curve"]
    times, fills = sorted({day for rows in closes.values() for day in rows}), list(phase["fills"])
    assert [time[:10] for time in curve["timestamp"]] == times
    cash, held, prices = 100_000.0, dict.fromkeys(FILES, 0.0), dict.fromkeys(FILES, 0.0)
    for day, equity in zip(times, curve["equity"], strict=True):
        while fills and fills[0]["timestamp"][:10] == day:
            fill = fills.pop(0)
            signed = fill["quantity"] if fill["side"] == "BUY" else -fill["quantity"]
            cash, held[fill["leg"]] = cash - signed * fill["price"] - fill["commission"], held[fill["leg"]] + signed
        prices |= {leg: closes[file][day] for leg, file in FILES.items() if day in closes[file]}
        assert equity == pytest.approx(cash + sum(held[leg] * prices[leg] for leg in FILES), rel=1e-9)
    assert not fills


def test_cold_and_resumed_it_gives_the_same_bytes(folder: Path, result: dict[str, Any]) -> None:
    cold = run_json(folder, "job.yaml", "--workflow-id", "wf-1", "--start", "cold", "--slots", 3, "--traces", "cold")
    assert digests(cold) == digests(result)
    assert digests(run_json(folder, "job.yaml", "--workflow-id", "wf-1")) == digests(result)


def test_it_is_another_run_when_the_data_of_a_leg_change(folder: Path, result: dict[str, Any]) -> None:
    text = (folder / "LATE.csv").read_text()
    (folder / "LATE.csv").write_text(text.rpartition("\n")[0].rpartition("\n")[0] + "\n")
    refused = daybreak(folder, "run", "job.yaml", "--workflow-id", "wf-1")
    (folder / "LATE.csv").write_text(text)
    assert refused.returncode == 2
    assert "belongs to another job, or to other data" in refused.stderr


def test_its_tables_name_the_legs(folder: Path, result: dict[str, Any]) -> None:
    told = daybreak(folder, "run", "job.yaml", "--workflow-id", "wf-1").stdout
    assert "What each leg has contributed:\nleg     symbol  strategy" in told
    answer = daybreak(
        folder, "sql", "select leg, count(*) as n from fills group by leg order by leg", "--format", "json"
    )
    fills = [fill["leg"] for fill in phases_of(result)["portfolio"]["extracted_results"]["fills"]]
    assert json.loads(answer.stdout) == [{"leg": leg, "n": fills.count(leg)} for leg in ("late", "stocks")]
    page = (folder / "traces" / "wf-1" / "report.html").read_text()
    assert "What each leg has contributed" in page
    assert "SPY itself, bought at the first open" in page


def test_every_strategy_of_it_is_checked_for_looking_ahead(folder: Path, result: dict[str, Any]) -> None:
    (folder / "named.yaml").write_text(JOB + "workflow_id: wf-1\n")
    told = daybreak(folder, "verify", "named.yaml")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "2 of 2 sets of parameters" in told.stdout

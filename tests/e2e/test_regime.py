"""The workflow regime, computed again bar by bar from the prices: labels, every trial, every choice, every test."""

import csv
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from tests.fakes.command_line import FinishedRun, daybreak, digests, phases_of, run_json
from tests.fakes.scripted_jobs import write_walk_forward

WINDOW, HISTORY, BPS = 5, 40, 5.0
REGIME = {"params": {"window": WINDOW, "history": HISTORY}, "strategies": ["buy_and_hold"]}
GRID = [("sma_cross", fast, slow) for fast, slow in product((5, 10), (20, 50))]
TRIALS = [*GRID, ("buy_and_hold", 0, 0)]
WINDOWS = ((0, 250, 310), (60, 310, 370))


@dataclass(frozen=True)
class Prices:
    open: list[float]
    close: list[float]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    folder = tmp_path_factory.mktemp("regime")
    job = write_walk_forward(folder, workflow="regime", regime=REGIME, statistics=True)
    return FinishedRun(folder, job, run_json(folder, job))


@pytest.fixture(scope="module")
def prices(run: FinishedRun) -> Prices:
    rows = list(csv.DictReader((run.folder / "SPY.csv").read_text().splitlines()))
    return Prices(*([float(row[name]) for row in rows] for name in ("open", "close")))


def labels(prices: Prices) -> list[str | None]:
    """The regime of each bar, from the closes up to it."""
    found: list[str | None] = []
    for bar in range(len(prices.close)):
        squares = [
            (prices.close[at] / prices.close[at - 1] - 1) ** 2 for at in range(max(1, bar - HISTORY + 1), bar + 1)
        ]
        turbulent = mean(squares[-WINDOW:]) > mean(squares) if len(squares) == HISTORY else None
        found.append(None if turbulent is None else "turbulent" if turbulent else "calm")
    return found


def wants(prices: Prices, trial: tuple[str, int, int], bar: int) -> float:
    """The target of a trial at the close of a bar."""
    name, fast, slow = trial
    if name == "buy_and_hold":
        return 1.0
    if bar + 1 < slow:
        return 0.0
    return float(mean(prices.close[bar + 1 - fast : bar + 1]) > mean(prices.close[bar + 1 - slow : bar + 1]))


def equity(prices: Prices, targets: list[float], start: int, end: int) -> list[float]:
    """Of an account that goes all in or out at the open after a target has changed, with commission in bps."""
    cash, shares, held, curve = 100_000.0, 0.0, 0.0, []
    for bar in range(start, end):
        wanted = targets[bar - 1] if bar > start else 0.0
        if wanted != held:
            if wanted:
                shares = cash / (prices.open[bar] * (1 + BPS / 1e4))
                cash = 0.0
            else:
                cash, shares = shares * prices.open[bar] * (1 - BPS / 1e4), 0.0
            held = wanted
        curve.append(cash + shares * prices.close[bar])
    return curve


def sharpe(curve: list[float]) -> float | None:
    returns = [after / before - 1 for before, after in zip([100_000.0, *curve], curve, strict=False)]
    return mean(returns) / stdev(returns) * sqrt(252) if any(returns) else None


def test_every_trial_choice_and_test_is_what_the_prices_say(run: FinishedRun, prices: Prices) -> None:
    found = {name: phase["extracted_results"] for name, phase in phases_of(run.result).items()}
    regimes, n = labels(prices), len(prices.close)
    for number, (start, boundary, end) in enumerate(WINDOWS, start=1):
        chosen = {}
        for regime in ("calm", "turbulent"):
            masked = [[wants(prices, trial, bar) * (regimes[bar] == regime) for bar in range(n)] for trial in TRIALS]
            expected = [sharpe(equity(prices, targets, start, boundary)) for targets in masked]
            tried = [
                metrics["sharpe_ratio"]
                for candidate in (1, 2)
                for metrics in found[f"train-{regime}-{candidate}-{number:02}"]["portfolio_metrics"]
            ]
            assert tried == pytest.approx(expected, rel=1e-9)
            ranked = [-1e9 if value is None else value for value in expected]
            chosen[regime] = TRIALS[ranked.index(max(ranked))]
            [selection] = found[f"select-{regime}-{number:02}"]["selections"]
            assert selection["value"] == pytest.approx(max(ranked), rel=1e-9)
        targets = [wants(prices, chosen[now], bar) if (now := regimes[bar]) else 0.0 for bar in range(n)]
        [choice] = found[f"choose-{number:02}"]["selections"]
        assert choice["params"] == {regime: written(trial) for regime, trial in chosen.items()}
        assert choice["value"] == pytest.approx(sharpe(equity(prices, targets, start, boundary)), rel=1e-9)
        [tested] = found[f"test-{number:02}"]["portfolio_metrics"]
        assert tested["final_equity"] == pytest.approx(equity(prices, targets, boundary, end)[-1], rel=1e-9)
        changes = [(each["bar"], each["to"]) for each in found[f"test-{number:02}"]["regime_changes"]]
        expected_changes = [
            (bar, regimes[bar]) for bar in range(boundary, end) if bar == boundary or regimes[bar] != regimes[bar - 1]
        ]
        assert changes == expected_changes


def written(trial: tuple[str, int, int]) -> str:
    name, fast, slow = trial
    return f"{name} fast={fast} slow={slow}" if fast else name


def test_every_trial_in_every_regime_counts(run: FinishedRun) -> None:
    tried = len(WINDOWS) * len(TRIALS) * 2
    [statistics] = phases_of(run.result)["statistics"]["extracted_results"]["statistics"]
    assert (statistics["trials"], run.result["summary"]["trials"]) == (tried, tried)
    assert statistics["distinct_trials"] == len(TRIALS) * 2


def test_nothing_of_it_looks_ahead_and_all_of_it_gives_the_same_bytes_again(run: FinishedRun) -> None:
    finished = daybreak(run.folder, "verify", run.job)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert digests(run_json(run.folder, run.job, "--traces", "cold", "--start", "cold")) == digests(run.result)


def test_one_split_with_a_report_tells_of_an_out_of_sample_test(tmp_path: Path) -> None:
    split = {**REGIME, "split": "train_test"}
    job = write_walk_forward(tmp_path, workflow="regime", regime=split, report=True)
    result: dict[str, Any] = run_json(tmp_path, job)
    assert result["result_phase"] == "test"
    page = Path(result["report"]).read_text()
    assert "Out of sample: calm=" in page
    compared = daybreak(tmp_path, "compare", "wf-1")
    assert compared.returncode == 0, compared.stderr

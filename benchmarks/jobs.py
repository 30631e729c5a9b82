"""The jobs of the benchmarks, as job files."""

import json
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.places import DATA, JOBS, PLUGIN, PYTHON, ROOT

_HUNDRED_SHARES = {"sizing": "fixed_shares", "params": {"quantity": 100}, "allow_short": False}
_SWEEP = {"fast": list(range(5, 25)), "slow": list(range(30, 70, 2))}
_SMALL_SWEEP = {"fast": list(range(5, 15)), "slow": list(range(30, 55, 5))}


def backtest_job(bars: int, *, strategy: str = "sma_cross") -> Path:
    """W1: one crossover of averages over 10 and 30 bars, 100 shares or none, filled at the next open."""
    job = _trading("backtest", bars) | {"strategy": {"name": strategy, "params": {"fast": 10, "slow": 30}}}
    return _write(f"w1-{strategy}-{bars}", job | {"plugins": [] if strategy == "sma_cross" else [str(PLUGIN)]})


def sweep_job(grid: dict[str, list[int]] | None = None, bars: int = 10_000) -> Path:
    """W2: all combinations, 400 if none are given, over the same bars."""
    grid = grid or _SWEEP
    combinations = len(grid["fast"]) * len(grid["slow"])
    job = _trading("parameter_sweep", bars) | {"strategy": {"name": "sma_cross", "grid": grid}}
    return _write(f"w2-{combinations}", job)


def walk_forward_job() -> Path:
    """W3: ten windows of 2,000 bars to train on, with 50 combinations, and 800 to test on."""
    windows = {"windows": {"train": 2000, "test": 800}, "strategy": {"name": "sma_cross", "grid": _SMALL_SWEEP}}
    return _write("w3", _trading("walk_forward", 10_000) | windows)


def phases_job(name: str, topology: str, dependencies: dict[str, list[str]]) -> Path:
    """Phases of one topology, each with the phases it depends on."""
    phases = {phase: {"topology": topology, "depends_on": needs} for phase, needs in dependencies.items()}
    job = _trading("custom", 10) | {"strategy": "buy_and_hold", "plugins": [str(PLUGIN)], "phases": phases}
    return _write(name, job)


def bars_csv(count: int) -> Path:
    """The data file of the first `count` bars, made where it is missing.

    By another process: a program's peak of memory counts what the one that started it had in memory.
    """
    path = DATA / f"bars_{count}.csv"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        command = [PYTHON, "-m", "benchmarks.scripts.generate_bars", str(temporary), str(count)]
        subprocess.run(command, cwd=ROOT, check=True)
        temporary.rename(path)
    return path


def _trading(workflow: str, bars: int) -> dict[str, Any]:
    return {
        "workflow": workflow,
        "data": {"file": str(bars_csv(bars)), "symbol": "BARS"},
        "risk": _HUNDRED_SHARES,
        "objective": "final_equity",
        "statistics": False,
        "report": False,
    }


def _write(name: str, job: dict[str, Any]) -> Path:
    JOBS.mkdir(parents=True, exist_ok=True)
    path = JOBS / f"{name}.yaml"
    path.write_text(json.dumps(job, indent=1))  # JSON is YAML
    return path

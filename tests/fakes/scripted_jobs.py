"""Job files of the workflow custom whose phases do the steps of `scripted_topologies.py`, and short market data."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

from tests.fakes.command_line import ROOT
from tests.fakes.scripted_phases import Step

PLUGIN = Path(__file__).with_name("scripted_topologies.py")
SPY_CSV = ROOT / "jobs" / "examples" / "data" / "SPY.csv"


def write_bars(folder: Path, bars: int) -> Path:
    """The first `bars` of the shipped data, as SPY.csv."""
    with SPY_CSV.open() as file:
        (folder / "SPY.csv").write_text("".join(islice(file, bars + 1)))
    return folder / "SPY.csv"


def phase(*steps: Step, after: tuple[str, ...] = (), **config: Any) -> dict[str, Any]:
    """A phase of a job that does these steps, after others."""
    return {"topology": "scripted", "depends_on": list(after), "config": {"steps": list(steps)} | config}


def write_job(folder: Path, phases: dict[str, dict[str, Any]], **changes: Any) -> Path:
    """A job file with these phases and 30 bars of data beside it; `changes` are laid over its keys."""
    write_bars(folder, 30)
    job: dict[str, Any] = {
        "workflow": "custom",
        "workflow_id": "wf-1",
        "strategy": "buy_and_hold",
        "data_file": "SPY.csv",
        "plugins": [str(PLUGIN)],
        "phases": phases,
        "report": False,
        "statistics": False,
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(job | changes, indent=1))
    return path


def write_walk_forward(folder: Path, windows: int = 2, **changes: Any) -> Path:
    """A job file for a walk-forward of few and short windows, and its data beside it."""
    write_bars(folder, 250 + 60 * windows)
    job: dict[str, Any] = {
        "workflow": "walk_forward",
        "workflow_id": "wf-1",
        "strategy": {"name": "sma_cross", "grid": {"fast": [5, 10], "slow": [20, 50]}},
        "data": {"file": "SPY.csv"},
        "windows": {"train": 250, "test": 60},
        "execution": {"commission": {"bps": 5}},
        "report": False,
        "statistics": False,
    }
    path = folder / "walk_forward.yaml"
    path.write_text(json.dumps(job | changes, indent=1))
    return path


def write_conditional(folder: Path, at_least: float, **changes: Any) -> Path:
    """A job of two periods, each traded the year after it where the Sharpe ratio of its choice is `at_least` so much.

    Of the first period that is 0.636, of the second -0.716.
    """
    write_bars(folder, 1100)
    periods: list[tuple[int, int, int]] = [(0, 400, 600), (500, 900, 1100)]
    job: dict[str, Any] = {
        "workflow": "custom",
        "workflow_id": "wf-1",
        "strategy": "sma_cross",
        "data_file": "SPY.csv",
        "report": False,
        "statistics": True,
        "phases": {
            "train": {
                "topology": "parameter_sweep",
                "for_each": [{"bars": {"start": start, "end": middle}} for start, middle, _ in periods],
                "config": {"strategy": {"trials": [{"fast": 5, "slow": 20}, {"fast": 10, "slow": 50}]}},
            },
            "select": {"topology": "selection", "for_each_of": "train"},
            "test": {
                "topology": "backtest",
                "for_each_of": "select",
                "for_each": [{"bars": {"start": middle, "end": end}} for _, middle, end in periods],
                "config": {"strategy": {"params_from": "select"}},
                "when": [{"phase": "select", "category": "selections", "field": "value", "at_least": at_least}],
            },
            "best": {"topology": "selection", "depends_on": ["test"], "requires": "any"},
        },
    }
    path = folder / "conditional.yaml"
    path.write_text(json.dumps(job | changes, indent=1))
    return path


def write_matrix(folder: Path, **changes: object) -> Path:
    """A job of four cells, wf-1 to wf-4, over 300 bars of SPY, and the last 150 of them as QQQ."""
    lines = write_bars(folder, 300).read_text().splitlines(keepends=True)
    (folder / "QQQ.csv").write_text("".join([lines[0], *lines[151:]]))
    job = {
        "workflow": "backtest",
        "workflow_id": "wf",
        "data_file": "SPY.csv",
        "matrix": {"symbol": ["SPY", "QQQ"], "strategy": ["sma_cross", "buy_and_hold"]},
        "statistics": False,
        "report": False,
    }
    path = folder / "matrix.yaml"
    path.write_text(json.dumps(job | changes, indent=1))
    return path

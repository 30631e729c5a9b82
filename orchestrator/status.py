"""The state of runs, as their files say it."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

from orchestrator.text_report import progress_line
from orchestrator.text_table import table
from phase_worker.contract import ConfigError, RunPaths, did_you_mean

TYPE_CHECKING = False  # `typing` and orjson would take as long to import as all that a list of runs needs
if TYPE_CHECKING:
    from typing import Any


def list_runs(traces_dir: Path) -> str:
    """One line per run, the latest last."""
    runs = _latest_last(traces_dir)
    if not runs:
        return f"no runs in {traces_dir}"
    rows = [(run["started_at"], run_state(traces_dir, run), run["workflow_id"]) for run in runs]
    return table([("started", "state", "workflow_id"), *rows], left=3)


def run_ids(traces_dir: Path) -> list[str]:
    """The workflow_ids of all runs, the latest last."""
    return [run["workflow_id"] for run in _latest_last(traces_dir)]


def show_run(traces_dir: Path, workflow_id: str) -> str:
    """The run's state, and its phases as far as they have ended."""
    paths = RunPaths(traces_dir, workflow_id)
    run = read_run(traces_dir, workflow_id)
    from phase_worker.contract import read_outcome  # noqa: PLC0415 -- a list of runs does not wait for it

    outcomes = [outcome for path in paths.run_dir.glob("*.outcome.json") if (outcome := read_outcome(path))]
    told = {outcome.phase for outcome in outcomes if outcome.passed_over}
    skipped = [name for name, state in run["phases"].items() if state == "skipped" and name not in told]
    ended = sorted((o for o in outcomes if o.phase not in skipped), key=lambda outcome: outcome.finished_at)
    title = f"{workflow_id}: {run_state(traces_dir, run)}, started {run['started_at']}"
    return "\n".join([title, *map(progress_line, ended), *(f"{name:<16} skipped" for name in skipped)])


def run_state(traces_dir: Path, run: dict[str, Any]) -> str:
    """The recorded state; one that is running, or submitted to a cluster, is active if somebody holds its lock."""
    if run["state"] not in _UNLESS_HELD:
        return str(run["state"])
    how, state = _UNLESS_HELD[run["state"]]
    with RunPaths(traces_dir, run["workflow_id"]).lock.open("a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return "active"
    return state


# A coordinator has the lock to itself; tasks of a cluster share it.
_UNLESS_HELD = {"running": (fcntl.LOCK_SH, "interrupted"), "submitted": (fcntl.LOCK_EX, "submitted")}


def read_run(traces_dir: Path, workflow_id: str) -> dict[str, Any]:
    """What run.json says; raises ConfigError with the known runs where there is none."""
    path = RunPaths(traces_dir, workflow_id).run_json
    if not path.exists():
        known = [path.parent.name for path in traces_dir.glob("*/run.json")]
        raise ConfigError(f"no run '{workflow_id}' in {traces_dir}. {did_you_mean(workflow_id, known)}", code="E-NORUN")
    return _read_run(path)


def _read_run(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _latest_last(traces_dir: Path) -> list[dict[str, Any]]:
    return sorted((_read_run(path) for path in traces_dir.glob("*/run.json")), key=lambda run: str(run["started_at"]))

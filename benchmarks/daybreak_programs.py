"""Daybreak as a measured program: the command as a user gives it, and the engine alone."""

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import Facts, Program, said
from benchmarks.places import DAYBREAK, PYTHON, ROOT, SCRATCH


def whole(job: Path, *options: str, folder: Path = SCRATCH) -> Program:
    """`daybreak run`, with nothing there that an earlier run has left: no bars cache, no trace."""
    command = [DAYBREAK, "run", str(job), "--traces", "traces", *options]
    return Program(f"daybreak {job.stem}", command, _facts, folder)


def engine(job: Path) -> Program:
    """All phases in one process that says how long they took, with their sealed traces."""
    return script("engine", str(job))


def script(name: str, *arguments: str, folder: Path = SCRATCH) -> Program:
    """One of our scripts."""
    command = [PYTHON, "-m", f"benchmarks.scripts.{name}", *arguments]
    return Program(name, command, said, folder, {"PYTHONPATH": str(ROOT)})


def _facts(_output: bytes, folder: Path) -> Facts:
    """What the files of the run say: its result, and the largest peak of memory of a phase."""
    (run_json,) = folder.glob("traces/*/run.json")
    run_dir = run_json.parent
    phases = list(json.loads(run_json.read_bytes())["phases"])
    outcomes = {phase: json.loads((run_dir / f"{phase}.outcome.json").read_bytes()) for phase in phases}
    peaks = {phase: outcome["resources"]["peak_memory_bytes"] for phase, outcome in outcomes.items()}
    last = _portfolio_metrics(run_dir, phases[-1])
    facts: Facts = {"phases": len(phases), "peaks": peaks, "peak_bytes": max(peaks.values())}
    if last:
        facts |= {"fills": last[-1]["fills"], "final_equity": last[-1]["final_equity"]}
    if "sweep" in phases:
        facts["equities"] = [trial["final_equity"] for trial in _portfolio_metrics(run_dir, "sweep")]
    return facts


def _portfolio_metrics(run_dir: Path, phase: str) -> list[dict[str, Any]]:
    for line in (run_dir / f"{phase}.extracted.jsonl").read_bytes().splitlines():
        extracted = json.loads(line)
        if extracted["category"] == "portfolio_metrics":
            results: list[dict[str, Any]] = extracted["results"]
            return results
    return []

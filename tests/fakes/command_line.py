"""The command `daybreak` as a user types it, in a directory of the user's own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phase_worker.contract import RunPaths

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 120

Finished = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class FinishedRun:
    """`folder` holds the job file, its data and traces/; `result` is the run's result document."""

    folder: Path
    job: Path
    result: dict[str, Any]

    @property
    def paths(self) -> RunPaths:
        return RunPaths(self.folder / "traces", self.result["workflow_id"])


def environment() -> dict[str, str]:
    """That of this process, in which the packages of the checkout are found from any directory."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def start_daybreak(folder: Path, *arguments: object) -> "subprocess.Popen[str]":
    """Start the command in `folder`, in a process group of its own; -P, as the installed command does without it."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "orchestrator", *map(str, arguments)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def daybreak(folder: Path, *arguments: object) -> Finished:
    """Run the command in `folder` to its end."""
    process = start_daybreak(folder, *arguments)
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    return Finished(process.args, process.returncode, stdout, stderr)


def run_json(folder: Path, *arguments: object, code: int = 0) -> dict[str, Any]:
    """The result document of `daybreak run … --json`, which ends with `code`."""
    finished = daybreak(folder, "run", *arguments, "--json")
    assert finished.returncode == code, finished.stderr
    result: dict[str, Any] = json.loads(finished.stdout)
    return result


def run_python(folder: Path, code: str) -> Finished:
    """Run a Python program in `folder`, where the packages are installed."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def phases_of(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of a result document by phase."""
    phases: dict[str, dict[str, Any]] = result["results"]["phase_results"]
    return phases


def digests(result: dict[str, Any]) -> dict[str, str]:
    """The digest of each phase's trace."""
    return {name: phase["digest"] for name, phase in phases_of(result).items()}


def states(result: dict[str, Any]) -> dict[str, str]:
    """How each phase ended."""
    return {name: phase["status"] for name, phase in phases_of(result).items()}

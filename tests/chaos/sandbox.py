"""A folder of its own for each trial: job files, data and a plugin, and below state/ what Daybreak writes."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.executors.cold_start import phase_command, phase_environment
from phase_worker.__main__ import main as run_phase_process
from phase_worker.contract import PhaseRequest
from phase_worker.runner import run_phase as _preloaded  # noqa: F401 -- before the forks, as a fork server does
from tests.chaos.processes import Command
from tests.fakes.scripted_jobs import write_bars

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).with_name("counted_topology.py")
BARS = 30


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A folder with jobs and data; Daybreak, from the checkout `root`, writes below state/ only."""

    folder: Path
    root: Path = ROOT

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def traces(self) -> Path:
        return self.state / "traces"

    @property
    def executions(self) -> Path:
        """Written by the plugin's phases."""
        return self.folder / "executions.log"

    def command(self, *arguments: str) -> Command:
        """`daybreak …`, in the folder."""
        words = [sys.executable, "-P", "-m", "orchestrator", *arguments]
        return Command(words, os.environ | {"PYTHONPATH": str(self.root)}, self.folder, self.state)

    def phase(self, file: Path) -> Command:
        """The phase process for the request in that file: of this checkout a fork of this process, which is faster."""
        request = PhaseRequest.from_json(file.read_bytes())
        words = [*phase_command(request)[:-1], str(file)]
        environment = phase_environment(request) | {"PYTHONPATH": str(self.root)}
        main = (lambda: run_phase_process(words[-1:])) if self.root == ROOT else None
        return Command(words, environment, request.paths.run_dir, self.state, main)

    def write_inputs(self) -> None:
        """The data and the plugin that jobs name."""
        write_bars(self.folder, BARS)
        shutil.copy(PLUGIN, self.folder)

    def write_job(self, name: str, phases: dict[str, Any], **changes: Any) -> Path:
        """A job file NAME.yaml of these phases, which is also its workflow_id."""
        job = {
            "workflow": "custom",
            "workflow_id": name,
            "strategy": "buy_and_hold",
            "data_file": "SPY.csv",
            "plugins": [PLUGIN.name],
            "phases": phases,
            "statistics": False,
            "report": False,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(job | changes, indent=1))
        return path


def counted(*after: str, deed: str | None = None) -> dict[str, Any]:
    """A phase of the topology `counted`, after others."""
    return {"topology": "counted", "depends_on": list(after), "config": {"deed": deed} if deed else {}}

"""A walk-forward that has ended well, for the tests that only look at it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import run_json
from tests.fakes.scripted_jobs import write_walk_forward


@dataclass(frozen=True)
class FinishedRun:
    """`folder` holds the job file, its data and traces/; `result` is the run's result document."""

    folder: Path
    job: Path
    result: dict[str, Any]

    @property
    def paths(self) -> RunPaths:
        return RunPaths(self.folder / "traces", self.result["workflow_id"])


@pytest.fixture(scope="session")
def walk_forward(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Two windows, run with two slots; not to be changed."""
    folder = tmp_path_factory.mktemp("walk_forward")
    job = write_walk_forward(folder)
    return FinishedRun(folder, job, run_json(folder, job, "--slots", 2))

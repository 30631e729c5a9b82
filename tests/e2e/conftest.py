"""A walk-forward that has ended well, for the tests that only look at it."""

import pytest

from tests.fakes.command_line import FinishedRun, run_json
from tests.fakes.scripted_jobs import write_walk_forward


@pytest.fixture(scope="session")
def walk_forward(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Two windows, run with two slots; not to be changed."""
    folder = tmp_path_factory.mktemp("walk_forward")
    job = write_walk_forward(folder)
    return FinishedRun(folder, job, run_json(folder, job, "--slots", 2))

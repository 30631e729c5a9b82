"""What the tests of jobs share."""

from pathlib import Path

import pytest

from tests.fakes.job_folder import JobFolder


@pytest.fixture
def jobs(tmp_path: Path) -> JobFolder:
    """A directory in which job files can be written and parsed."""
    return JobFolder.create(tmp_path)

"""A scheduler's programs, so far as the tests of this folder need any: fakes that run a job as it is submitted."""

import os
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[3] / "fakes" / "scheduler_programs.py"


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the fake scheduler's state; `PROGRAM.broken` in it makes a program fail."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sbatch", "squeue", "scancel", "sacct", "qsub", "bsub"):
        (programs / name).write_text(f"#!{sys.executable}\n" + PROGRAMS.read_text())
        (programs / name).chmod(0o755)
    state = tmp_path / "scheduler"
    state.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SCHEDULER", str(state))
    return state

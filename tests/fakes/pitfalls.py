"""Known pitfalls: each is built into a copy of Daybreak, where the tests that are to notice it must fail."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from tests.fakes.mutated_copy import PACKAGES, ROOT, Edit, mutated_copy


@dataclass(frozen=True)
class Pitfall:
    """`tests` are what must fail, or some of it, once the `edits` are made; names are those of pytest."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def assert_noticed(pitfall: Pitfall, tmp_path: Path) -> None:
    """Run its tests on a copy with its edits."""
    copy = mutated_copy(tmp_path / "copy", pitfall.name, pitfall.edits, (*PACKAGES, "tests", "jobs"))
    copyfile(ROOT / "pyproject.toml", copy / "pyproject.toml")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *pitfall.tests]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 1, finished.stdout
    assert "\nFAILED " in finished.stdout, finished.stdout  # by an assertion or a raise in a test, not in collecting it
    assert "\nERROR " not in finished.stdout

"""The lines of docs/traces.md do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.command_line import ROOT, Finished, FinishedRun, environment, run_python

PAGE = (ROOT / "docs" / "traces.md").read_text()
LINES = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)).splitlines()


@pytest.fixture
def desk(walk_forward: FinishedRun, tmp_path: Path) -> Path:
    """A copy of a finished run, and `daybreak` on the PATH in bin/."""
    shutil.copytree(walk_forward.folder / "traces", tmp_path / "traces")
    program = tmp_path / "bin" / "daybreak"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m orchestrator "$@"\n')
    program.chmod(0o755)
    return tmp_path


def shell(folder: Path, line: str) -> Finished:
    path = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    command = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(
        command, cwd=folder, env=environment() | path, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("line", LINES)
def test_a_line_writes_something_and_no_error(desk: Path, line: str) -> None:
    if "daybreak sql" in line:
        pytest.importorskip("duckdb")
    if "jq" in line.split() and not shutil.which("jq"):
        pytest.skip("jq is not installed")
    before = set(desk.iterdir())
    finished = shell(desk, line)
    assert (finished.returncode, finished.stderr) == (0, "")
    made = set(desk.iterdir()) - before
    assert finished.stdout or [file.stat().st_size > 0 for file in made] == [True]


def test_the_lines_of_python_work(desk: Path) -> None:
    pytest.importorskip("duckdb")
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    finished = run_python(desk, snippet)
    assert finished.returncode == 0, finished.stderr
    assert "avg(price)" in finished.stdout


def test_the_sum_of_the_lines_before_the_seal_is_the_seals(desk: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    (line,) = [line for line in LINES if "sha256sum" in line]
    first, second = shell(desk, line).stdout.split()[0], shell(desk, line).stdout.split()[-1]
    assert first == second
    assert len(first) == 64

"""The coordinator's memory does not grow with the phases of a run, however much they leave behind."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fakes.command_line import ROOT, environment

PROBE = ROOT / "tests" / "fakes" / "memory_probe.py"
PHASES = 300


def test_300_phases_raise_the_coordinators_memory_by_less_than_30_mb(tmp_path: Path) -> None:
    command = [sys.executable, "-P", str(PROBE), str(tmp_path), str(PHASES)]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert (seen["success"], seen["phases"], seen["rows"]) == (True, PHASES, PHASES * 1000)
    assert seen["grown_bytes"] < 30e6

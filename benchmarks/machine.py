"""What a table was measured on, in one line below it."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.places import ROOT


def machine(rounds: int) -> str:
    """Machine, versions, state of the repository, and how busy the machine was with other things."""
    cores = len(os.sched_getaffinity(0))
    python = f"Python {platform.python_version()}, numpy {version('numpy')}, orjson {version('orjson')}"
    day = datetime.now(UTC).date()
    return (
        f"<sub>{day}, {_revision()}; {_processor()}, {cores} cores, Linux {platform.release()}; {python}; medians of "
        f"{rounds} rounds; load average at the end {os.getloadavg()[0]:.1f}.</sub>"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _revision() -> str:
    """The commit, with a + where files differ from it; nothing outside a checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"commit {found.stdout.strip()}" if found.returncode == 0 else "no checkout"

"""`daybreak trace`: looks into a trace, by another process, since the orchestrator's own never reads an event."""

import os
import sys
from typing import NoReturn

from orchestrator.executors.environment import PACKAGES_ROOT


def main(arguments: list[str]) -> NoReturn:
    """Become that process: it reads the arguments, and its exit code is the command's."""
    command = [sys.executable, "-P", "-m", "phase_worker.tracing", *arguments]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)})

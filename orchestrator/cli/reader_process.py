"""Hands a command to another process, since the orchestrator's own never reads an event."""

import os
import sys
from typing import NoReturn

from orchestrator.executors.environment import PACKAGES_ROOT


def become_reader(module: str, arguments: list[str]) -> NoReturn:
    """Become `python -m module`: it reads the arguments, and its exit code is the command's."""
    command = [sys.executable, "-P", "-m", module, *arguments]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)})

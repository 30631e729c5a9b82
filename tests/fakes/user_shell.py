"""A shell in a directory of the user's own, in which `daybreak` and other programs are on the PATH, in bin/."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.command_line import TIMEOUT_S, environment


def install_daybreak(folder: Path) -> None:
    """`daybreak` as it is installed, and `python` with its packages."""
    write_program(folder, "daybreak", f'exec {sys.executable} -P -m orchestrator "$@"')
    write_program(folder, "python", f'exec {sys.executable} "$@"')


def write_program(folder: Path, name: str, line: str) -> None:
    file = folder / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def shell(folder: Path, script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run lines of shell to the first that fails; stderr is apart."""
    home = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env=environment() | home | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )

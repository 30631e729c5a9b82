"""Measured programs: run in turn, so that what else the machine does meets all of them alike."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.places import ENVIRONMENT, SCRATCH

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: its whole process tree, and what it said of itself."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    facts: Facts


def said(output: bytes, _folder: Path) -> Facts:
    """The JSON object in the last line of the program's output."""
    facts: Facts = json.loads(output.splitlines()[-1])
    return facts


@dataclass(frozen=True, slots=True)
class Program:
    """A command, run in `folder`, which is empty each time; `facts` are read afterwards, outside the measurement."""

    name: str
    command: Sequence[str]
    facts: Callable[[bytes, Path], Facts] = lambda _output, _folder: {}
    folder: Path = SCRATCH
    environment: dict[str, str] = field(default_factory=dict)


class ProgramFailed(Exception):
    """A measured program ended with an error; the message has the end of its output."""


def measure(program: Program) -> Run:
    """Run once. `cpu_s` is that of the process and of all descendants that were waited for."""
    shutil.rmtree(program.folder, ignore_errors=True)
    program.folder.mkdir(parents=True)
    Path(ENVIRONMENT["HOME"]).mkdir(parents=True, exist_ok=True)
    output, errors = program.folder / "stdout", program.folder / "stderr"
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        started_s = time.perf_counter()
        process = subprocess.Popen(
            program.command,
            cwd=program.folder,
            env=ENVIRONMENT | program.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ProgramFailed(f"{program.name}: exit code {process.returncode}\n{errors.read_text()[-2000:]}")
    facts = program.facts(output.read_bytes(), program.folder)
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, facts)


def in_turn(programs: Sequence[Program], rounds: int, budget_s: float = 120.0) -> list[list[Run]]:
    """Run all programs `rounds` times, every second time in the opposite order; at least once, then within the budget.

    Returns the runs of each program; those at one index are of one round, and are to be compared with each other.
    """
    runs: list[list[Run]] = [[] for _ in programs]
    started_s = time.monotonic()
    for number in range(rounds):
        order = list(enumerate(programs))
        for index, program in reversed(order) if number % 2 else order:
            runs[index].append(measure(program))
        print(f"  {' | '.join(_progress(*pair) for pair in zip(programs, runs, strict=True))}", file=sys.stderr)
        if (time.monotonic() - started_s) * (number + 2) / (number + 1) > budget_s:
            break
    for program in programs:
        shutil.rmtree(program.folder, ignore_errors=True)
    return runs


Field = Callable[[Run], float]


def wall_s(run: Run) -> float:
    return run.wall_s


def cpu_s(run: Run) -> float:
    return run.cpu_s


def fact(name: str) -> Field:
    """What the program said under `name`."""
    return lambda run: float(run.facts[name])


def middle(runs: Sequence[Run], of: Field) -> float:
    """The median."""
    return median(map(of, runs))


def ratio(runs: Sequence[Run], to: Sequence[Run], of: Field, of_other: Field | None = None) -> float:
    """The median of `of(run) / of(other)` over the rounds."""
    return median(of(run) / (of_other or of)(other) for run, other in zip(runs, to, strict=True))


def _progress(program: Program, runs: Sequence[Run]) -> str:
    return f"{program.name} {runs[-1].wall_s:.2f} s, {runs[-1].cpu_s:.2f} s cpu"

"""`make bench-peers`: what a task without work costs in other systems that start a process for each."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.daybreak_programs import whole
from benchmarks.environments import environment
from benchmarks.jobs import phases_job
from benchmarks.measure import Program, Run, in_turn, middle, ratio, wall_s
from benchmarks.places import JOBS, PEERS, PYTHON
from benchmarks.process_start import PHASES, SHAPES, Dependencies, added_by_each
from benchmarks.tables import millis, seconds, table, times


@dataclass(frozen=True, slots=True)
class BatchSystem:
    """A system by its title, and the command that runs the tasks of a file, which it may find in its environment."""

    title: str
    environment: str | None
    command: Callable[[Path, Path], list[str]]


def _snakemake(programs: Path, tasks: Path) -> list[str]:
    options = ["--cores", "2", "--quiet", "all", "--config", f"tasks={tasks}"]
    return [str(programs / "snakemake"), "--snakefile", str(PEERS / "no_work.smk"), *options]


def _script(name: str) -> Callable[[Path, Path], list[str]]:
    return lambda programs, tasks: [str(programs / "python"), "-W", "ignore", str(PEERS / name), str(tasks)]


SYSTEMS = [
    BatchSystem("snakemake 9.27.1, `shell: touch`", "snakemake", _snakemake),
    BatchSystem("luigi 3.8.1, 2 workers", "luigi", _script("no_work_luigi.py")),
    BatchSystem("HyperQueue 0.27.0, `/bin/true`", "hyperqueue", _script("no_work_hyperqueue.py")),
    BatchSystem("`ProcessPoolExecutor`, one task a process", None, _script("no_work_pool.py")),
]


def overheads(rounds: int) -> str:
    """What each further task adds, by the shape of the dependencies, and a start with one task."""
    rows: list[list[str]] = []
    ours: list[str] = []  # beside the last system; its ratios are to those of its own rounds
    for system in SYSTEMS:
        try:
            programs = environment(system.environment) if system.environment else Path(PYTHON).parent
        except subprocess.CalledProcessError as error:
            print(f"{system.title} cannot be installed: {error}", file=sys.stderr)
            continue
        matches = [_match(system, programs, *shape, rounds) for shape in SHAPES.items()]
        ours = [*(millis(middle(match.added, wall_s)) for match in matches), seconds(middle(matches[0].single, wall_s))]
        rows.append([system.title, *map(_cell, matches), seconds(middle(matches[0].their_single, wall_s))])
    header = ["wall", *(f"each task, {shape}" for shape in SHAPES), "whole run of one task"]
    return table(header, [["**Daybreak**, sealed and synced trace", *ours], *rows])


@dataclass(frozen=True, slots=True)
class _Match:
    """What each task adds, and the runs of one task, of Daybreak and of another system."""

    added: list[Run]
    added_by_theirs: list[Run]
    single: list[Run]
    their_single: list[Run]


def _cell(match: _Match) -> str:
    each, to_ours = middle(match.added_by_theirs, wall_s), ratio(match.added_by_theirs, match.added, wall_s)
    return f"{millis(each)} ({times(to_ours)})"


def _match(
    system: BatchSystem, programs: Path, shape: str, dependencies: Callable[[int], Dependencies], rounds: int
) -> _Match:
    sides = []
    for count in (1, PHASES):
        name = f"no-work-{shape.replace(' ', '-')}-{count}"
        tasks = JOBS / f"{name}.json"
        job = phases_job(name, "no_work", dependencies(count))
        tasks.write_text(json.dumps(dependencies(count)))
        sides += [whole(job), Program(system.title, system.command(programs, tasks))]
    single, their_single, many, their_many = in_turn(sides, rounds, budget_s=60.0)
    return _Match(added_by_each(single, many), added_by_each(their_single, their_many), single, their_single)

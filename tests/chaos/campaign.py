"""The campaign: for each system call of a scenario, a trial for each fault that fits it."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos.checker import KINDS
from tests.chaos.faults import Action, Call, Fault, Role, fits
from tests.chaos.sandbox import ROOT
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.trial import Trial, Undisturbed, run_trial, run_undisturbed

Result = TypeVar("Result")

KILLS = (Action.KILL, Action.KILL_COORDINATOR)
ERRORS = (Action.ENOSPC, Action.EIO)
NUISANCES = (Action.SHORT, Action.EINTR)
HELD = (Action.HOLD,)
STOPS = (Action.TERM,)


@dataclass(slots=True)
class Tally:
    """What came of the trials of one kind; `missed` are faults that were never due.

    A queue looks for work by the clock, so that the number of its last calls is not the same every time.
    """

    name: str
    trials: int = 0
    missed: int = 0
    wall_s: float = 0.0
    found: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    bad: list[Trial] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.bad

    def add(self, trial: Trial) -> None:
        self.trials += 1
        self.missed += not trial.done
        self.notes.update(trial.notes)
        self.found.update(kind for kind in KINDS if trial.verdict.found[kind])
        if not trial.verdict.good:
            self.bad.append(trial)

    def complaint(self) -> str:
        """What is wrong, for a person to look into."""
        return "\n".join(f"{self.name}: {trial.what}: {trial.verdict} {trial.folder or ''}" for trial in self.bad)


Task = tuple[Callable[..., Trial], tuple[Any, ...]]


class Workers:
    """Processes that run trials, each one at a time: a trial adopts, counts and kills orphans."""

    def __init__(self, folder: Path, pool: ProcessPoolExecutor) -> None:
        self._folder = folder
        self._pool = pool
        self._numbers = count()

    def new_folder(self) -> Path:
        return self._folder / f"{next(self._numbers):06}"

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """The result of one call in a worker."""
        return self._pool.submit(function, *arguments).result()

    def tally(self, name: str, tasks: Iterable[Task]) -> Tally:
        """Run the trials and count what comes of them."""
        tally, started_s = Tally(name), time.monotonic()
        for done in as_completed([self._pool.submit(function, *arguments) for function, arguments in tasks]):
            tally.add(done.result())
        tally.wall_s = time.monotonic() - started_s
        return tally


@contextmanager
def workers(folder: Path, processes: int | None = None) -> Iterator[Workers]:
    """Workers whose trials have their folders below `folder`."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes or len(os.sched_getaffinity(0)), spawned) as pool:
        try:
            yield Workers(folder, pool)
        finally:
            pool.shutdown(cancel_futures=True)


def faults_for(
    undisturbed: Undisturbed,
    actions: Sequence[Action],
    every: int = 1,
    only: Callable[[Call], bool] = lambda call: True,
    lasting: int = 0,
) -> list[Fault]:
    """A fault for every `every`-th pair of a call and an action that fits it."""
    numbers = dict.fromkeys(Role, 0)
    faults = []
    for call in undisturbed.calls:
        fitting = [action for action in actions if fits(action, call) and only(call)]
        faults += [Fault(call.role, numbers[call.role], action, lasting) for action in fitting]
        numbers[call.role] += 1
    return faults[::every]


def exhaustive(
    crew: Workers,
    scenario: str,
    actions: Sequence[Action],
    *,
    every: int = 1,
    only: Callable[[Call], bool] = lambda call: True,
    lasting: int = 0,
    reads: bool = False,
    root: Path = ROOT,
) -> Tally:
    """A trial for each fault of these kinds at each call of the scenario.

    `reads`: also at calls that only look; `lasting`: so many of the same process's kind that come after fail too.
    """
    found: Undisturbed = crew.call(undisturbed, scenario, crew.new_folder(), reads, root)
    faults = faults_for(found, actions, every, only, lasting)
    name = f"{scenario}: {', '.join(actions)}{' (reads too)' if reads else ''}"
    name += f", and the {lasting} that follow" if lasting else ""
    tasks = [(_trial, (scenario, fault, found.digests, crew.new_folder(), reads, root)) for fault in faults]
    return crew.tally(name, tasks)


def undisturbed(scenario: str, folder: Path, reads: bool, root: Path) -> Undisturbed:
    """In a worker: what the scenario of that name does and leaves."""
    return run_undisturbed(SCENARIOS[scenario], folder, reads=reads, root=root)


def _trial(scenario: str, fault: Fault, expected: dict[str, str], folder: Path, reads: bool, root: Path) -> Trial:
    return run_trial(SCENARIOS[scenario], fault, expected, folder, reads=reads, root=root)

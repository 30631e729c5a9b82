"""Mutants: copies of Daybreak without one of its safeguards, each of which the campaign must catch.

If it does not catch one, a clean table says nothing. An edit whose text is no longer there fails: then the safeguard
has moved, and the edit must follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.campaign import KILLS, Tally, Workers, exhaustive
from tests.chaos.faults import Action
from tests.chaos.random_kills import random_kills
from tests.fakes.mutated_copy import Edit, mutated_copy


@dataclass(frozen=True, slots=True)
class Mutant:
    """`hunt` runs trials on the copy at `root`, every `every`-th of all there are."""

    name: str
    edits: tuple[Edit, ...]
    hunt: Callable[[Workers, Path, int], Tally]

    def make(self, folder: Path) -> Path:
        """A copy of the project with the edits made."""
        return mutated_copy(folder, self.name, self.edits)


MUTANTS = (
    Mutant(
        "the trace is written in place",
        (
            Edit("phase_worker/runner.py", "path=files.partial,", "path=files.trace,"),
            Edit("phase_worker/runner.py", "files.partial.unlink(missing_ok=True)", "pass"),
            Edit("phase_worker/tracing/trace_file.py", "        publish(self._path, final)\n", ""),
        ),
        lambda crew, root, every: exhaustive(crew, "run, warm", KILLS, every=every, root=root),
    ),
    Mutant(
        "no locks, and plain rename",
        (
            Edit("phase_worker/contract/files.py", "os.link(temporary, final, follow_symlinks=False)", "pass"),
            Edit("phase_worker/contract/files.py", "    os.unlink(temporary)\n", "    os.rename(temporary, final)\n"),
            Edit("orchestrator/queue/moves.py", "_RENAME_NOREPLACE = 1", "_RENAME_NOREPLACE = 0"),
            Edit("orchestrator/queue/directory.py", "fcntl.flock(fd, fcntl.LOCK_EX)", "pass"),
            Edit("orchestrator/queue/directory.py", "fcntl.flock(self._fd, fcntl.LOCK_EX)", "pass"),
            # Not its own: what it takes for dead are the others.
            Edit(
                "orchestrator/queue/recovery.py",
                "        try:\n            fd = os.open(seat",
                '        if f"-{os.getpid()}-" in seat.name:\n            continue\n'
                "        try:\n            fd = os.open(seat",
            ),
            Edit("orchestrator/run.py", "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),
        ),
        lambda crew, root, every: random_kills(crew, max(4, 100 // every), root=root),
    ),
    Mutant(
        "no recovery scan",
        (Edit("orchestrator/queue/arrivals.py", "            self._reclaim()\n", ""),),
        lambda crew, root, every: exhaustive(crew, "drain", (Action.KILL,), every=every, root=root),
    ),
)

"""Mutants: copies of Daybreak without one of its safeguards, each of which the campaign must catch.

If it does not catch one, a clean table says nothing. An edit whose text is no longer there fails: then the safeguard
has moved, and the edit must follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.campaign import HELD, KILLS, Tally, Workers, exhaustive
from tests.chaos.faults import Action, Call
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


def _executes(call: Call) -> bool:
    """A phase whose executions are counted writes its trace, or publishes it."""
    return any(".partial." in file.name and not file.name.startswith("data.") for file in call.files)


_PLAIN_PUBLISH = (
    Edit("phase_worker/contract/files.py", "os.link(temporary, final, follow_symlinks=False)", "pass"),
    Edit("phase_worker/contract/files.py", "    os.unlink(temporary)\n", "    os.rename(temporary, final)\n"),
)
_PLAIN_MOVES = Edit("orchestrator/queue/moves.py", "_RENAME_NOREPLACE = 1", "_RENAME_NOREPLACE = 0")
_NO_SEAT_LOCK = (
    Edit("orchestrator/queue/directory.py", "fcntl.flock(self._fd, fcntl.LOCK_EX)", "pass"),
    # Not its own: what it takes for dead are the others.
    Edit(
        "orchestrator/queue/recovery.py",
        "        try:\n            fd = os.open(seat",
        '        if f"-{os.getpid()}-" in seat.name:\n            continue\n'
        "        try:\n            fd = os.open(seat",
    ),
)
_NO_MOVES_LOCK = Edit("orchestrator/queue/directory.py", "fcntl.flock(fd, fcntl.LOCK_EX)", "pass")
_NO_RUN_LOCK = Edit("orchestrator/run.py", "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass")

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
        (*_PLAIN_PUBLISH, _PLAIN_MOVES, *_NO_SEAT_LOCK, _NO_MOVES_LOCK, _NO_RUN_LOCK),
        lambda crew, root, every: exhaustive(crew, "drain", HELD, every=max(1, every // 8), only=_executes, root=root),
    ),
    Mutant(
        "a coordinator's place is not locked",
        _NO_SEAT_LOCK,
        lambda crew, root, every: exhaustive(crew, "drain", HELD, every=every, only=_executes, root=root),
    ),
    Mutant(
        "moves in the queue are not locked",
        (_NO_MOVES_LOCK,),
        lambda crew, root, every: exhaustive(crew, "submit", HELD, every=every, reads=True, root=root),
    ),
    Mutant(
        "a run is not locked",
        (_NO_RUN_LOCK,),
        lambda crew, root, every: exhaustive(
            crew, "run, warm", HELD, every=max(1, every // 8), only=_executes, root=root
        ),
    ),
    Mutant(
        "a trace is published by a plain rename",
        _PLAIN_PUBLISH,
        lambda crew, root, _: exhaustive(crew, "phase alone", HELD, root=root),
    ),
    Mutant(
        "no recovery scan",
        (Edit("orchestrator/queue/arrivals.py", "            self._reclaim()\n", ""),),
        lambda crew, root, every: exhaustive(crew, "drain", (Action.KILL,), every=every, root=root),
    ),
)

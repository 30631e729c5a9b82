"""What the sequencer asks of an executor."""

from typing import Protocol

from phase_worker.contract.outcome import PhaseOutcome
from phase_worker.contract.request import PhaseRequest


class Executor(Protocol):
    """Runs phases as processes; knows their files, never their events."""

    def start(self, request: PhaseRequest) -> None:
        """Write the request's file, remove the outcome of an earlier attempt, open the log, start the process."""

    def next_outcome(self) -> PhaseOutcome:
        """Wait until one of the started phases has ended, enforcing time limits meanwhile; its outcome is on disk."""

    def close(self) -> None:
        """End every phase that still runs, with all its processes, without an outcome; may be called again."""

"""What the sequencer asks of an executor."""

import math
from typing import Protocol

from phase_worker.contract.outcome import ErrorReport, PhaseOutcome
from phase_worker.contract.request import PhaseRequest


class Executor(Protocol):
    """Runs phases as processes; knows their files, never their events."""

    def start(self, request: PhaseRequest) -> None:
        """Write the request's file, remove the outcome of an earlier attempt, open the log, start the process."""

    def next_outcome(self, timeout_s: float = math.inf) -> PhaseOutcome:
        """Wait until one of the started phases has ended, enforcing time limits meanwhile; its outcome is on disk.

        Raises TimeoutError if none has ended by then.
        """

    def stop(self, request: PhaseRequest, reason: ErrorReport) -> None:
        """End a started phase as its time limit would; unless it completes all the same, its outcome says `reason`."""

    def close(self) -> None:
        """End every phase that still runs, with all its processes, without an outcome; may be called again."""

"""Who watches a run as it goes on, beyond the outcomes of its phases."""

import math
from collections.abc import Sequence
from typing import Protocol

from phase_worker.contract import PhaseRequest


class RunWatch(Protocol):
    """Told by the sequencer, in its own loop: what takes long here, holds up the run."""

    refresh_s: float
    """After how long without an outcome `refresh` is called all the same."""

    def planned(self, requests: Sequence[PhaseRequest]) -> None:
        """These are now to be run, beside those told of before."""

    def started(self, request: PhaseRequest) -> None:
        """Its process runs; a phase that is done already, or skipped, only ends."""

    def refresh(self) -> None:
        """Something may have changed: the time, if nothing else."""


class Unwatched:
    """Nobody looks: the sequencer waits for outcomes only."""

    refresh_s = math.inf

    def planned(self, requests: Sequence[PhaseRequest]) -> None:
        pass

    def started(self, request: PhaseRequest) -> None:
        pass

    def refresh(self) -> None:
        pass

"""A run on the terminal of the coordinator that works on it."""

import os
import sys
import time
from collections.abc import Sequence

from orchestrator.cli.display.durations import clock
from orchestrator.cli.display.memory import descendants, resident_bytes
from orchestrator.cli.display.stages import RunStages
from orchestrator.text_report import FAILED, progress_line
from phase_worker.contract import PhaseOutcome, PhaseRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from orchestrator.cli.display.live_area import LiveArea

_FIRST_AFTER_S = 0.4  # a run that is done sooner needs no picture, nor rich, whose import takes a tenth of that
_BETWEEN_S = 0.2
_MEMORY_EVERY_S = 1.0


class LiveRun:
    """Watches a run and listens to its outcomes: a picture that is drawn again as it goes on, and what failed above it.

    All of it happens in the coordinator's own loop, at most five times a second.
    """

    refresh_s = 0.25

    def __init__(self, slots: int) -> None:
        self._stages = RunStages(slots)
        self._runs: list[str] = []
        self._begun_s = time.monotonic()
        self._drawn_s = self._begun_s + _FIRST_AFTER_S - _BETWEEN_S
        self._measured_s = -_MEMORY_EVERY_S
        self._memory_bytes = 0
        self._area: LiveArea | None = None

    def planned(self, requests: Sequence[PhaseRequest]) -> None:
        if (run := requests[0].workflow_id) not in self._runs:
            self._runs.append(run)
        self._stages.planned(request.phase for request in requests)

    def started(self, request: PhaseRequest) -> None:
        self._stages.started(request.phase, time.monotonic(), request.workflow_id)

    def ended(self, outcome: PhaseOutcome) -> None:
        """Count it; what failed is told at once."""
        self._stages.ended(outcome.phase, outcome.status, time.monotonic(), outcome.workflow_id)
        if outcome.status in FAILED:
            if self._area is None:
                print(progress_line(outcome), file=sys.stderr)
            else:
                self._area.tell(progress_line(outcome), "red")

    def refresh(self) -> None:
        """Draw the picture, unless that was done just now, or nothing runs."""
        now_s = time.monotonic()
        if now_s - self._drawn_s < _BETWEEN_S or not self._stages.running:
            return
        from orchestrator.cli.display.live_area import LiveArea
        from orchestrator.cli.display.picture import run_picture

        if now_s - self._measured_s >= _MEMORY_EVERY_S:
            self._measured_s, self._memory_bytes = now_s, resident_bytes(descendants(os.getpid()))
        self._area = self._area or LiveArea(stderr=True)
        elapsed_s = now_s - self._begun_s
        title = self._runs[0] if len(self._runs) == 1 else f"{len(self._runs)} runs"
        self._area.draw(run_picture(title, self._stages, now_s, elapsed_s, self._memory_bytes, size=self._area.size))
        self._drawn_s = time.monotonic()

    def close(self) -> None:
        """Take the picture away; may be called again."""
        if self._area is not None:
            self._area.close()
            self._area = None

    def report(self) -> str:
        """What became of the phases, in one line."""
        computed = sum(stage.computed for stage in self._stages.stages.values())
        took = f"{self._stages.done} of {self._stages.total} phases ended, {computed} of them computed now"
        return f"{took}, in {clock(time.monotonic() - self._begun_s)}"

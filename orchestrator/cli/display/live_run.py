"""A run on a terminal: a picture that is drawn again as the run goes on, with what failed above it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.cli.display.durations import clock
from orchestrator.cli.display.memory import resident_bytes
from orchestrator.cli.display.stages import RunStages
from orchestrator.logs import escaped
from orchestrator.text_report import progress_line
from phase_worker.contract import PhaseOutcome, PhaseRequest, PhaseState

if TYPE_CHECKING:
    from rich.live import Live

_FIRST_AFTER_S = 0.4  # a run that is done sooner needs no picture, nor rich, whose import takes a sixth of that
_BETWEEN_S = 0.1
_MEMORY_EVERY_S = 1.0
_FAILED = (PhaseState.FAILED, PhaseState.TIMED_OUT)


class LiveRun:
    """Watches a run and listens to its outcomes; `close` leaves of that on the terminal what was told of failures.

    All of it happens in the coordinator's own loop, at most ten times a second.
    """

    refresh_s = 0.25

    def __init__(self, slots: int) -> None:
        self._stages = RunStages(slots)
        self._title = ""
        self._begun_s = time.monotonic()
        self._drawn_s = self._begun_s + _FIRST_AFTER_S - _BETWEEN_S
        self._measured_s = -_MEMORY_EVERY_S
        self._memory_bytes = 0
        self._live: Live | None = None

    def planned(self, requests: Sequence[PhaseRequest]) -> None:
        self._title = requests[0].workflow_id
        self._stages.planned(request.phase for request in requests)

    def started(self, request: PhaseRequest) -> None:
        self._stages.started(request.phase, time.monotonic())

    def ended(self, outcome: PhaseOutcome) -> None:
        """Count it; what failed is told at once."""
        self._stages.ended(outcome.phase, outcome.status, time.monotonic())
        if outcome.status in _FAILED:
            self._tell("\n".join(map(escaped, progress_line(outcome).split("\n"))))

    def refresh(self) -> None:
        """Draw the picture, unless that was done just now."""
        now_s = time.monotonic()
        if now_s - self._drawn_s < _BETWEEN_S:
            return
        if now_s - self._measured_s >= _MEMORY_EVERY_S:
            self._measured_s, self._memory_bytes = now_s, resident_bytes(os.getpid())
        self._live = self._live or _begin()
        from orchestrator.cli.display.picture import picture

        width, height = self._live.console.size
        self._live.update(
            picture(
                self._title,
                self._stages,
                now_s=now_s,
                elapsed_s=now_s - self._begun_s,
                memory_bytes=self._memory_bytes,
                columns=width,
                lines=height,
            ),
            refresh=True,
        )
        self._drawn_s = time.monotonic()

    def close(self) -> None:
        """Take the picture away; may be called again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def report(self) -> str:
        """What became of the phases, in one line."""
        stages = self._stages
        computed = sum(stage.computed for stage in stages.stages.values())
        took = f"{stages.done} of {stages.total} phases ended, {computed} of them computed now"
        return f"{took}, in {clock(time.monotonic() - self._begun_s)}"

    def _tell(self, text: str) -> None:
        if self._live is None:
            print(text, file=sys.stderr)
        else:
            self._live.console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)


def _begin() -> Live:
    """A picture that is drawn when asked for only, without a thread, and leaves nothing behind."""
    from rich.console import Console
    from rich.live import Live

    live = Live(
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    live.start()
    return live

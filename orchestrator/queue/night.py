"""The books of a night: what one coordinator did with the jobs that it took."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.queue.clock import display
from orchestrator.queue.record import JobState

_MOST_TOLD = 50  # of what went wrong; all of it is in the folders


@dataclass(slots=True)
class Night:
    """Counts by final state, and the first of what needs a look; its size does not grow with the jobs."""

    started_at: datetime
    ended: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    retries: int = 0
    reclaimed: int = 0
    pauses: int = 0

    @property
    def success(self) -> bool:
        """Whether everything that ended, ended well."""
        return not (self.ended[JobState.FAILED] or self.ended[JobState.HELD] or self.ended[JobState.BAD])

    def end(self, name: str, state: JobState, reason: str) -> None:
        """Enter a job that has got a final state."""
        self.ended[state] += 1
        if state is not JobState.DONE and len(self.troubles) < _MOST_TOLD:
            self.troubles.append(f"{name} {state}: {reason}" if reason else f"{name} {state}")

    def title(self) -> str:
        """The counts."""
        counts = ", ".join(f"{count} {state}" for state in JobState if (count := self.ended[state]))
        return counts or "no jobs"

    def report(self, waiting: int, now: datetime) -> str:
        """The summary as text."""
        lines = [
            f"{display(self.started_at)} to {display(now)}: {self.title()}; {waiting} still in the queue",
            f"retries {self.retries}, reclaimed from the dead {self.reclaimed}, pauses of a full disk {self.pauses}",
        ]
        if self.troubles:
            lines += ["", "What needs a look:", *(f"  {trouble}" for trouble in self.troubles)]
        return "\n".join(lines)

    def document(self, waiting: int, now: datetime) -> dict[str, Any]:
        """The summary as plain data."""
        return {
            "schema": 1,
            "started_at": display(self.started_at),
            "finished_at": display(now),
            "success": self.success,
            "ended": {str(state): count for state, count in self.ended.items()},
            "waiting": waiting,
            "retries": self.retries,
            "reclaimed": self.reclaimed,
            "pauses": self.pauses,
            "troubles": self.troubles,
        }

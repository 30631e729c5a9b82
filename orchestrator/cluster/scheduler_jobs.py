"""What a scheduler says of its jobs, in words that all schedulers share."""

from dataclasses import dataclass
from enum import StrEnum

from phase_worker.contract import TransientError


class SchedulerError(TransientError):
    """The scheduler refused, or did not answer."""

    code = "E-SCHEDULER"


class JobState(StrEnum):
    """Every state of a scheduler is one of these; whatever is not known to be well is a failure."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SchedulerJob:
    """A job, or one task of an array; `index` is None where it is no array, `said` the scheduler's own word.

    `reason` is its word for why the job waits; `never` marks one that waits for what cannot come any more.
    """

    name: str
    job_id: str
    index: int | None
    state: JobState
    said: str
    reason: str = ""
    never: bool = False

    @property
    def alive(self) -> bool:
        return self.state in {JobState.WAITING, JobState.RUNNING}

    @property
    def label(self) -> str:
        """As the scheduler's own commands take it."""
        return self.job_id if self.index is None else f"{self.job_id}_{self.index}"

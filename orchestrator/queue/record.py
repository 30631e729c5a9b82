"""The record of a job in the queue: one file, which holds the job and all that is remembered of it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract import ConfigError, check_workflow_id

SCHEMA = 1
AGEING_S = 3600.0  # a job overtakes those of one priority less that came up to an hour before it


class JobState(StrEnum):
    """The folders of the queue directory; the folder that a record is in is the state of its job."""

    NEW = "new"  # queued
    ACTIVE = "active"
    DEFERRED = "deferred"  # queued too, but waits for a time or for another job
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    BAD = "bad"  # failed before it could be run: the job file is wrong
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a job is not started yet: until a time of the monotonic clock, or (`due_s` None) for another job."""

    why: str
    due_s: float | None = None
    boot_id: str = ""  # of the monotonic clock: after a restart of the machine the time has come
    until: str = ""  # the same on the wall clock, for display


@dataclass(frozen=True, slots=True)
class Leaving:
    """A coordinator's decision, recorded before the move: if the move does not come, whoever reclaims makes it."""

    coordinator: str
    state: JobState


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as submitted, and what became of it so far.

    `job` is the text of the job file called `source`, whose relative paths start at `directory`; `digest` is the run's
    as it was when submitted. `transient` and `killed` count the attempts that ended so, `deaths` the coordinators that
    died over it.
    """

    workflow_id: str
    digest: str
    workflow: str
    strategy: str
    time_s: float
    source: str
    directory: str
    job: str
    submitted_at: str
    submitted_s: float  # the same as seconds of the wall clock, for the order
    priority: int = 0
    after: str | None = None
    transient: int = 0
    killed: int = 0
    deaths: int = 0
    wait: Wait | None = None
    leaving: Leaving | None = None
    reason: str = ""
    finished_at: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0  # of its phases

    @property
    def rank(self) -> float:
        """The lowest goes first; since all age alike, the order of jobs never changes."""
        return self.submitted_s - self.priority * AGEING_S

    @property
    def attempt(self) -> int:
        """The number of the next attempt."""
        return 1 + self.transient + self.killed

    def to_json(self) -> bytes:
        return orjson.dumps({"schema": SCHEMA, **asdict(self)}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_json(cls, content: bytes, where: str) -> "JobRecord":
        """Raises ConfigError (E-RECORD) when the bytes are not a record of this schema."""
        try:
            document: dict[str, Any] = orjson.loads(content)
            if document.pop("schema") != SCHEMA:
                raise ConfigError(f"this version reads records of schema {SCHEMA}", where=where, code="E-RECORD")
            wait, leaving = document.pop("wait"), document.pop("leaving")
            record = cls(
                **document,
                wait=Wait(**wait) if wait else None,
                leaving=Leaving(leaving["coordinator"], JobState(leaving["state"])) if leaving else None,
            )
            check_workflow_id(record.workflow_id)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"not a job's record: {error}", where=where, code="E-RECORD") from None
        return record


def read_record(path: Path) -> JobRecord:
    """Raises FileNotFoundError where it has moved on, ConfigError (E-RECORD) where it is no record."""
    return JobRecord.from_json(path.read_bytes(), str(path))

"""What became of one attempt at a phase: everything that must not be in the trace."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

SCHEMA = 1


class PhaseState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """An error, or why a phase was skipped, as an outcome carries it across the process boundary."""

    code: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class PhaseResources:
    """What the phase used; peak memory is VmHWM, since ru_maxrss reports the parent's peak in a fork."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class PhaseOutcome:
    """The end of one attempt, written by the phase itself or, where it was lost, by the executor."""

    workflow_id: str
    phase: str
    attempt: int
    status: PhaseState
    request_digest: str
    trace: str = ""
    digest: str = ""
    events: int = 0
    exit_code: int | None = None
    error: ErrorReport | None = None
    warnings: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    extracted: dict[str, int] = field(default_factory=dict)  # category -> number of results
    extracted_sha256: str = ""  # of the file of extracted results, which is not fsynced
    deferred: dict[str, str] = field(default_factory=dict)  # category -> extractor, for when it is asked for
    resources: PhaseResources = PhaseResources()
    host: str = ""
    pid: int = 0
    started_at: str = ""
    finished_at: str = ""

    @property
    def completed(self) -> bool:
        return self.status is PhaseState.COMPLETED

    @property
    def passed_over(self) -> bool:
        """Whether its own gate skipped it, of which its sealed trace tells: no failure, unlike that of an input."""
        return self.status is PhaseState.SKIPPED and bool(self.digest)

    @property
    def settled(self) -> bool:
        """Whether there is a sealed trace, of what it did or of its being skipped."""
        return self.completed or self.passed_over

    def to_json(self) -> bytes:
        document = {"schema": SCHEMA} | {name: getattr(self, name) for name in self.__slots__}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, content: bytes) -> "PhaseOutcome":
        """Raises ValueError when the bytes are not an outcome of this schema."""
        document: Any = orjson.loads(content)
        if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
            raise ValueError(f"not an outcome of schema {SCHEMA}")
        try:
            error = document.pop("error")
            return cls(
                **document
                | {
                    "status": PhaseState(document["status"]),
                    "resources": PhaseResources(**document["resources"]),
                    "warnings": tuple(document["warnings"]),
                    "extractors": tuple(document["extractors"]),
                    "error": ErrorReport(**error) if error else None,
                }
            )
        except (KeyError, TypeError) as problem:
            raise ValueError(f"not an outcome: {problem}") from problem


def display_time(time_s: float) -> str:
    """A time of the clock as outcomes have it: ISO 8601, UTC, milliseconds."""
    seconds, milliseconds = divmod(int(time_s * 1000), 1000)
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"


def read_outcome(path: Path) -> PhaseOutcome | None:
    """The outcome at `path`, or None where there is none that can be read."""
    try:
        return PhaseOutcome.from_json(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None

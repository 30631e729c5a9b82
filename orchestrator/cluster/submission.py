"""A submission as it is written down: its steps, and the scheduler jobs that they became."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from orchestrator.cluster.paths import submissions_dir, submissions_lock, submissions_record
from orchestrator.cluster.steps import Step
from orchestrator.run import now
from phase_worker.contract import ConfigError, RunPaths
from phase_worker.contract.files import fsync_directory, write_all

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Submission:
    """What was planned at once, with its files in `directory`; `token` is in the names of its jobs and of no others."""

    number: int
    token: str
    scheduler: str
    shape: str
    at: str
    directory: str
    steps: tuple[Step, ...]

    def job_name(self, workflow_id: str, step: str) -> str:
        """Tells whose job it is, to people and to us: ids alone can be given twice."""
        return f"daybreak.{workflow_id}.{step}.{self.token}"


@dataclass(frozen=True, slots=True)
class RecordedSubmission:
    """A submission with what the record says of its steps: tried, and the ids of those that were acknowledged."""

    submission: Submission
    tried: set[str] = field(default_factory=set)
    job_ids: dict[str, str] = field(default_factory=dict)


def read_record(paths: RunPaths) -> list[RecordedSubmission]:
    """All submissions of the run, the first one first; a line that was cut off by a crash is as if not written."""
    try:
        lines = submissions_record(paths).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found: dict[int, RecordedSubmission] = {}
    for line in lines:
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        _apply(entry, found)
    return list(found.values())


def _apply(entry: dict[str, Any], found: dict[int, RecordedSubmission]) -> None:
    number = entry["submission"]
    match entry["record"]:
        case "planned":
            steps = tuple(_step(step) for step in entry["steps"])
            fields = {name: entry[name] for name in ("token", "scheduler", "shape", "at", "directory")}
            found[number] = RecordedSubmission(Submission(number=number, steps=steps, **fields))
        case "submitting":
            found[number].tried.add(entry["step"])
        case "submitted":
            found[number].job_ids[entry["step"]] = entry["job_id"]


def _step(document: dict[str, Any]) -> Step:
    return Step(
        document["name"],
        tuple(tuple(task) for task in document["tasks"]),
        *(tuple(document[key]) for key in ("after_all", "after_each", "after_jobs")),
    )


def record_plan(paths: RunPaths, submission: Submission) -> None:
    """Before anything else of it: what is not written down is not submitted."""
    document = asdict(submission)
    document["submission"] = document.pop("number")
    _append(paths, {"schema": SCHEMA, "record": "planned", **document})


def record_attempt(paths: RunPaths, submission: Submission, step: str) -> None:
    """Before the scheduler is asked: from now on the job may exist."""
    _append(paths, {"record": "submitting", "submission": submission.number, "step": step, "at": now()})


def record_job(paths: RunPaths, submission: Submission, step: str, job_id: str) -> None:
    """The scheduler has acknowledged it."""
    _append(
        paths, {"record": "submitted", "submission": submission.number, "step": step, "job_id": job_id, "at": now()}
    )


def _append(paths: RunPaths, entry: dict[str, Any]) -> None:
    record = submissions_record(paths)
    fd = os.open(record, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(fd).st_size
        cut_off = size and os.pread(fd, 1, size - 1) != b"\n"
        write_all(fd, (b"\n" if cut_off else b"") + orjson.dumps(entry) + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    fsync_directory(record.parent)


@contextmanager
def submissions_locked(paths: RunPaths) -> Iterator[None]:
    """Hold the right to submit and to cancel jobs of this run."""
    submissions_dir(paths).mkdir(parents=True, exist_ok=True)
    with submissions_lock(paths).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"somebody submits or cancels jobs of '{paths.workflow_id}' right now. Wait for it.",
                where=str(submissions_lock(paths)),
                code="E-BUSY",
            ) from None
        yield


def new_submission_dir(directory: Path) -> None:
    """Make the directory of a submission; one that was left before it was recorded goes first."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    fsync_directory(directory.parent)

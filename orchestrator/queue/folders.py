"""The only place that knows the name of a file of a queue directory, and who may write there."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.queue.record import JobState
from phase_worker.contract import ConfigError, check_workflow_id

PRIVATE_UMASK = 0o077
REPORT_SUFFIX = ".error.json"
_SUFFIX = ".json"
_LONGEST_NAME = 200  # with what is added to it, still a file name
_JOB_FILE_SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class QueueFolders:
    """Names every file under the queue directory `root`."""

    root: Path

    @classmethod
    def open(cls, root: Path, *, make: bool = True) -> "QueueFolders":
        """Make what is missing, or refuse to (`make`); raises ConfigError where somebody else could write there."""
        folders = cls(root.resolve())
        if not make and not folders.temporary.is_dir():
            raise ConfigError(
                "this is no queue directory: nothing was submitted to it", where=str(root), code="E-QUEUE"
            )
        try:
            folders.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(folders.root)
            for name in (*JobState, "tmp", "locks"):
                (folders.root / name).mkdir(mode=0o700, exist_ok=True)
                _check_owner(folders.root / name)
        except OSError as error:
            raise ConfigError(f"the queue directory cannot be used: {error}", code="E-QUEUE") from None
        return folders

    @property
    def moves_lock(self) -> Path:
        """Held for the moment in which a job is looked for and moved."""
        return self.root / "locks" / "moves"

    @property
    def intake_lock(self) -> Path:
        """Held by the coordinator that takes in dropped files."""
        return self.root / "locks" / "intake"

    @property
    def temporary(self) -> Path:
        """For files in the making."""
        return self.root / "tmp"

    @property
    def reserve(self) -> Path:
        """Room on the disk that is given up when there is none left."""
        return self.root / "tmp" / "reserve"

    @property
    def page(self) -> Path:
        """The queue for a person to look at in a browser."""
        return self.root / "index.html"

    def state(self, state: JobState) -> Path:
        return self.root / state

    def record(self, state: JobState, workflow_id: str) -> Path:
        """The record of a job that is not active."""
        return self.root / state / f"{check_workflow_id(workflow_id)}{_SUFFIX}"

    def seat(self, coordinator: str) -> Path:
        """The directory of a coordinator: locked (flock) while it lives, with the records of its active jobs."""
        return self.root / JobState.ACTIVE / coordinator

    def active_record(self, coordinator: str, workflow_id: str) -> Path:
        return self.seat(coordinator) / f"{check_workflow_id(workflow_id)}{_SUFFIX}"

    def seats(self) -> list[Path]:
        """The directories of all coordinators that live, or have left active jobs."""
        return sorted(path for path in self.state(JobState.ACTIVE).iterdir() if not path.name.startswith("."))

    def find(self, workflow_id: str) -> tuple[JobState, Path] | None:
        """Where a job is; certain only while moves are locked."""
        for state in JobState:
            if state is not JobState.ACTIVE and (path := self.record(state, workflow_id)).exists():
                return state, path
        for seat in self.seats():
            if (path := seat / f"{workflow_id}{_SUFFIX}").exists():
                return JobState.ACTIVE, path
        return None

    def records(self, state: JobState) -> Iterator[Path]:
        """The records in a state, in no order."""
        folders = self.seats() if state is JobState.ACTIVE else [self.state(state)]
        for folder in folders:
            with suppress(FileNotFoundError), os.scandir(folder) as entries:
                yield from (Path(entry.path) for entry in entries if is_record_name(entry.name))

    def reports(self) -> Iterator[Path]:
        """What is said of each refused file, in no order."""
        with os.scandir(self.state(JobState.BAD)) as entries:
            yield from (Path(entry.path) for entry in entries if is_report_name(entry.name))

    def refused(self, name: str) -> Path:
        """The place of a refused job file, which keeps its name where that is not a record's."""
        if len(os.fsencode(name)) > _LONGEST_NAME:
            name = f"{hashlib.sha256(os.fsencode(name)).hexdigest()}{Path(name).suffix}"
        return self.state(JobState.BAD) / (f"{name}.file" if name.endswith(_SUFFIX) else name)

    def dropped(self) -> Iterator[Path]:
        """What was put straight into the queue directory and is called like a job file."""
        with os.scandir(self.root) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and Path(entry.name).suffix.lower() in _JOB_FILE_SUFFIXES:
                    yield Path(entry.path)


def is_record_name(name: str) -> bool:
    """Whether a name is that of a record: not of one in the making, nor of the report on what is wrong with another."""
    return name.endswith(_SUFFIX) and not name.startswith(".") and not name.endswith(REPORT_SUFFIX)


def cancel_request(active_record: Path) -> Path:
    """Beside the record of an active job: its being there asks for the job to be cancelled."""
    return active_record.with_name(f"{workflow_id_of(active_record)}.cancel")


def is_report_name(name: str) -> bool:
    """Whether a name is that of a report on what is wrong with a refused file."""
    return name.endswith(REPORT_SUFFIX) and not name.startswith(".")


def reported_file(report: Path) -> Path:
    """The refused file that a report stands beside."""
    return report.with_name(report.name.removesuffix(REPORT_SUFFIX))


def workflow_id_of(path: Path) -> str:
    """The job of a record's path."""
    return path.name.removesuffix(_SUFFIX)


def _check_owner(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise ConfigError("this must be a directory, not a link or a file", where=str(folder), code="E-QUEUE")
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigError(
            f"the queue directory belongs to user {status.st_uid}. Allowed: you or root.",
            where=str(folder),
            code="E-QUEUE",
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError(
            f"others may write to the queue directory (mode {stat.S_IMODE(status.st_mode):o}), and so run jobs as you. "
            f"Say: chmod go-w {folder}",
            where=str(folder),
            code="E-QUEUE",
        )

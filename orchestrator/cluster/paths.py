"""The only place that knows the name of a file of a submission."""

import re
from pathlib import Path

from phase_worker.contract import ConfigError, RunPaths

_PLAIN = re.compile(r"[A-Za-z0-9/._+=@-]+", re.ASCII)


class SubmissionPaths:
    """Names every file of one submission: its scripts, what their tasks run, and their logs."""

    __slots__ = ("directory",)

    def __init__(self, directory: Path) -> None:
        self.directory = check_plain(directory)

    @property
    def submit_script(self) -> Path:
        """Submits the scripts of all steps in their order, by hand."""
        return self.directory / "submit.sh"

    def script(self, step: str) -> Path:
        return self.directory / f"{step}.sh"

    def tasks(self, step: str) -> Path:
        """Holds a file per task."""
        return self.directory / "tasks" / step

    def task(self, step: str, index: int) -> Path:
        """The requests of the task `index`, counted from 1."""
        return self.tasks(step) / f"{index}.json"

    def log(self, step: str, index: str | int | None) -> Path:
        """What the scheduler's job wrote; `index` is None where the step is no array."""
        return self.directory / (f"{step}.log" if index is None else f"{step}.{index}.log")


def submissions_dir(run: RunPaths) -> Path:
    """All that a cluster has to do with this run."""
    return run.run_dir / "cluster"


def submissions_record(run: RunPaths) -> Path:
    """One line per plan, and two per job of the scheduler: before and after it is submitted."""
    return submissions_dir(run) / "submissions.jsonl"


def submissions_lock(run: RunPaths) -> Path:
    """Held (flock) by whoever submits or cancels jobs of this run."""
    return submissions_dir(run) / "lock"


def submission_paths(run: RunPaths, number: int) -> SubmissionPaths:
    """The files of the run's submission `number`."""
    return SubmissionPaths(submissions_dir(run) / f"{number:02d}")


def check_plain(path: Path) -> Path:
    """Return `path` if no scheduler reads anything but a path in it, else raise ConfigError (E-PATH)."""
    if not _PLAIN.fullmatch(str(path)):
        raise ConfigError(
            f"the path {str(path)!r} cannot stand in a submission script. Allowed: letters, digits and / . _ + = @ -, "
            "since each scheduler has its own meaning for other characters. Use --traces with such a path.",
            code="E-PATH",
        )
    return path

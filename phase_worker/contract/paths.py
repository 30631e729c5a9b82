"""The only place that knows the name of a file of a run."""

import re
from pathlib import Path

from phase_worker.contract.errors import ConfigError

_WORKFLOW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_TRACE_ENDINGS = (".jsonl", ".jsonl.zst")
_PHASE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)


def check_workflow_id(workflow_id: str) -> str:
    """Return `workflow_id` if it is safe as a file name, else raise ConfigError (E-ID)."""
    if not _WORKFLOW_ID.fullmatch(workflow_id) or workflow_id.endswith(_TRACE_ENDINGS):
        raise ConfigError(
            f"workflow_id {workflow_id[:120]!r} is not allowed. Allowed: a letter or digit, then up to 99 letters, "
            "digits, '.', '_' or '-', not ending in '.jsonl' or '.jsonl.zst', which a trace's name does.",
            code="E-ID",
        )
    return workflow_id


def check_phase_name(phase: str) -> str:
    """Return `phase` if it is safe as a part of a file name, else raise ConfigError (E-ID)."""
    if not _PHASE.fullmatch(phase):
        raise ConfigError(
            f"phase name {phase[:120]!r} is not allowed. Allowed: a small letter or digit, then up to 63 small "
            "letters, digits or '-' (no underscore: it separates workflow_id and phase in a trace's name).",
            code="E-ID",
        )
    return phase


class RunPaths:
    """Names every file of the run `workflow_id` under `traces_dir`, whose traces are to be `compressed` or not."""

    __slots__ = ("compressed", "traces_dir", "workflow_id")

    def __init__(self, traces_dir: Path, workflow_id: str, compressed: bool = False) -> None:
        self.traces_dir = traces_dir
        self.workflow_id = check_workflow_id(workflow_id)
        self.compressed = compressed

    @property
    def run_dir(self) -> Path:
        return self.traces_dir / self.workflow_id

    @property
    def run_json(self) -> Path:
        """The job as resolved, and the run's state."""
        return self.run_dir / "run.json"

    @property
    def lock(self) -> Path:
        """Held (flock) by the one coordinator that is running this workflow_id."""
        return self.run_dir / "lock"

    def trace(self, phase: str) -> Path:
        """The sealed trace: the commit record of the phase.

        One that is there already, from when the run was to be compressed or was not to be, is taken as it is.
        """
        plain = self.traces_dir / f"{self.workflow_id}_{check_phase_name(phase)}.jsonl"
        wanted, other = plain.with_name(f"{plain.name}.zst"), plain
        if not self.compressed:
            wanted, other = other, wanted
        return other if other.exists() and not wanted.exists() else wanted

    def partial_trace(self, phase: str, attempt: int) -> Path:
        """A trace being written; what is left of it after a failure is kept for forensics."""
        return self.run_dir / f"{check_phase_name(phase)}.{attempt}.partial.jsonl"

    def request(self, phase: str) -> Path:
        return self.run_dir / f"{check_phase_name(phase)}.request.json"

    def outcome(self, phase: str) -> Path:
        return self.run_dir / f"{check_phase_name(phase)}.outcome.json"

    def extracted(self, phase: str) -> Path:
        """One line per category: what the extractors read out of the sealed trace."""
        return self.run_dir / f"{check_phase_name(phase)}.extracted.jsonl"

    @property
    def report(self) -> Path:
        """The page of the run's results; made again from its traces by `daybreak report`."""
        return self.run_dir / "report.html"

    def log(self, phase: str) -> Path:
        return self.run_dir / f"{check_phase_name(phase)}.log"

    def bars_cache(self, key: str) -> Path:
        """Bars as memory-mapped columns, shared by all runs in this directory; derived, safe to delete."""
        return self.traces_dir / ".cache" / "bars" / f"{key}.npy"

    def page_script(self, version: str) -> Path:
        """The library that pages draw their charts with, shared by all runs in this directory; safe to delete."""
        return self.traces_dir / ".cache" / "pages" / f"{version}.js"


def trace_index(trace: Path) -> Path:
    """What queries need to know of a large trace, wherever the trace is; derived, safe to delete."""
    return trace.parent / ".cache" / "heads" / f"{trace.name}.heads"


def named_by(trace: Path) -> tuple[str, str | None]:
    """The workflow_id and the phase that name a trace's file; what is named otherwise has no phase."""
    stem = trace.name.removesuffix(".zst").removesuffix(".jsonl")
    workflow_id, _, phase = stem.rpartition("_")
    return (workflow_id, phase) if workflow_id and _PHASE.fullmatch(phase) else (stem, None)

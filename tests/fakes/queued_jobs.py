"""Records of jobs that nobody runs, and a queue directory to put them in."""

from pathlib import Path
from typing import Any

from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.record import JobRecord, JobState


def new_queue(folder: Path) -> QueueDirectory:
    """In `queue/`, so that `folder` itself is an allowed root."""
    return QueueDirectory(folder / "queue")


def new_record(workflow_id: str = "wf-1", **changes: Any) -> JobRecord:
    """A job, submitted at second 0."""
    settled: dict[str, Any] = {
        "workflow_id": workflow_id,
        "digest": "d1",
        "workflow": "backtest",
        "strategy": "sma_cross",
        "time_s": 600.0,
        "source": "job.yaml",
        "directory": "/nowhere",
        "job": "workflow: backtest\n",
        "submitted_at": "1970-01-01T00:00:00Z",
        "submitted_s": 0.0,
    }
    return JobRecord(**settled | changes)


def states(queue: QueueDirectory) -> dict[str, str]:
    """Where every job is; a job in two places has both."""
    found: dict[str, str] = {}
    for state in JobState:
        for path in queue.folders.records(state):
            name = path.name.removesuffix(".json")
            found[name] = f"{found[name]}+{state}" if name in found else str(state)
    return found

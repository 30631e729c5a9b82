"""The queue as text or as plain data: what is where, and what it waits for."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from orchestrator.job_file.errors import printable
from orchestrator.queue.folders import QueueFolders, reported_file, workflow_id_of
from orchestrator.queue.record import JobState, read_record
from orchestrator.text_table import table
from phase_worker.contract import ConfigError

UNFINISHED = (JobState.NEW, JobState.ACTIVE, JobState.DEFERRED, JobState.HELD, JobState.BAD)


def entries(folders: QueueFolders, states: Collection[JobState]) -> Iterator[dict[str, Any]]:
    """The jobs in these states, one dict each: `state`, `workflow_id`, what the record says, and the seat if active."""
    for state in states:
        listed = list(_refused(folders) if state is JobState.BAD else _recorded(folders, state))
        yield from sorted(listed, key=lambda entry: (entry["rank"], entry["workflow_id"]))


def waiting_count(folders: QueueFolders) -> int:
    """How many jobs wait, or are active."""
    return sum(1 for state in (JobState.NEW, JobState.ACTIVE, JobState.DEFERRED) for _ in folders.records(state))


def as_text(listed: Collection[dict[str, Any]], folders: QueueFolders) -> str:
    """One line per job."""
    if not listed:
        return f"nothing in {folders.root}"
    rows = [
        (entry["state"], printable(entry["workflow_id"]), str(entry.get("priority", "")), _why(entry))
        for entry in listed
    ]
    return table([("state", "job", "priority", "why"), *rows], left=4)


def _recorded(folders: QueueFolders, state: JobState) -> Iterator[dict[str, Any]]:
    for path in folders.records(state):
        try:
            record = read_record(path)
        except FileNotFoundError:
            continue
        except (ConfigError, OSError) as error:
            yield {"state": state, "workflow_id": path.name, "reason": str(error), "rank": 0.0}
            continue
        entry = asdict(record)
        del entry["job"], entry["leaving"]
        seat = {"coordinator": path.parent.name} if state is JobState.ACTIVE else {}
        yield {"state": state, **entry, **seat, "rank": record.rank}


def _refused(folders: QueueFolders) -> Iterator[dict[str, Any]]:
    for path in folders.reports():
        name = workflow_id_of(reported_file(path))
        yield {"state": JobState.BAD, "workflow_id": name, "reason": first_problem(path), "rank": 0.0}


def first_problem(path: Path) -> str:
    """What a report beside a refused file says."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        report = orjson.loads(path.read_bytes())
        return f"{report['where']}: {report['code']}: {report['hint']}"
    return f"see {path}"


def _why(entry: dict[str, Any]) -> str:
    """On one line, and without what a terminal would obey."""
    if (wait := entry.get("wait")) and entry["state"] is JobState.DEFERRED:
        text = f"until {wait['until']}: {wait['why']}" if wait["until"] else wait["why"]
    elif entry["state"] is JobState.DEFERRED:
        text = f"after {entry['after']}"
    elif entry["state"] is JobState.ACTIVE:
        text = f"on {entry['coordinator']}"
    else:
        text = entry["reason"]
    return printable(text)

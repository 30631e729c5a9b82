"""Submission: from the bytes of a job file to the record that is put into the queue."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from orchestrator.job import Job, JobErrors
from orchestrator.job_file.errors import Place, Report, printable
from orchestrator.job_file.parsing import read_bytes
from orchestrator.matrix import parse_jobs_text
from orchestrator.queue.clock import Clock, display
from orchestrator.queue.record import JobRecord
from orchestrator.run import Run
from phase_worker.contract import ConfigError, DaybreakError


@dataclass(frozen=True, slots=True)
class Submission:
    """What all jobs that are submitted together share."""

    traces_dir: Path
    allowed_roots: Sequence[Path]
    clock: Clock
    priority: int = 0
    after: str | None = None

    def records_of(self, file: Path) -> list[JobRecord]:
        """The record of a job file, or of each cell of its matrix; raises JobErrors, or another ConfigError."""
        source = printable(str(file))
        report = Report()
        content = read_bytes(file, Place(source), report)
        return self.records(content, source, file.absolute().parent)

    def records(self, content: bytes, source: str, start: Path) -> list[JobRecord]:
        """The same of a job file's bytes, whose relative paths start at `start`."""
        found = parse_jobs_text(content, source=source, start=start, allowed_roots=self.allowed_roots)
        if isinstance(found, Job):
            return [self._record(found, content.decode(), source, start)]
        # A resolved job is a job: of the file's text, each cell needs what is its own.
        return [
            self._record(cell, orjson.dumps(cell.resolved()).decode(), f"{source}, cell {number}", start)
            for number, cell in enumerate(found, start=1)
        ]

    def _record(self, job: Job, text: str, source: str, start: Path) -> JobRecord:
        now = self.clock.now()
        with closing(_run_of(job, self.traces_dir)) as run:
            return JobRecord(
                workflow_id=run.paths.workflow_id,
                digest=run.digest,
                workflow=job.workflow,
                strategy=job.strategy.name,
                time_s=job.resources.job_time_s or job.resources.time_s,
                source=source,
                directory=str(start),
                job=text,
                submitted_at=display(now),
                submitted_s=now.timestamp(),
                priority=self.priority,
                after=self.after,
            )


def _run_of(job: Job, traces_dir: Path) -> Run:
    try:
        return Run(job, traces_dir)
    except OSError as error:
        raise ConfigError(f"data or plugins cannot be read: {error}", code="E-NOFILE") from None


def error_report(error: DaybreakError, content: bytes | None) -> bytes:
    """What stands beside a job file that was refused: every problem with code, line, column and what to do."""
    problems = error.problems if isinstance(error, JobErrors) else ()
    found = [
        {
            "code": problem.code,
            "line": problem.place.line or None,
            "column": problem.place.column or None,
            "where": problem.where,
            "hint": problem.message,
        }
        for problem in problems
    ] or [{"code": error.code, "line": None, "column": None, "where": error.where, "hint": error.message}]
    document = {
        "schema": 1,
        **found[0],
        "sha256": None if content is None else hashlib.sha256(content).hexdigest(),
        "errors": found,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

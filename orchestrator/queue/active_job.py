"""A claimed job and its run, from the job file to the outcomes of all its phases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import modules

from orchestrator.job import Job, parse_job_text
from orchestrator.queue.record import JobRecord
from orchestrator.queue.time_limit import time_limit
from orchestrator.queue.verdict import Verdict
from orchestrator.run import Run
from orchestrator.sequencer import Batch, Sequencer
from phase_worker.contract import ErrorReport, PhaseOutcome

_EXPANSION_S = 60.0
_PLUGIN_MODULES = "daybreak_plugin_"  # as phase_worker.declarations names them


@dataclass(slots=True, eq=False)
class ActiveJob:
    """`path` is the record in the coordinator's place; `stopped` is the verdict on a job that is being ended early."""

    path: Path
    record: JobRecord
    started_s: float
    job: Job | None = None
    run: Run | None = None
    batch: Batch | None = None
    outcomes: dict[str, PhaseOutcome] = field(default_factory=dict)
    stopped: Verdict | None = None

    def parse(self, allowed_roots: Sequence[Path]) -> None:
        """Read the job again, as its files and components are now; raises ConfigError."""
        record = self.record
        content = record.job.encode()
        start = Path(record.directory)
        self.job = parse_job_text(content, source=record.source, start=start, allowed_roots=allowed_roots)

    def begin(self, sequencer: Sequencer, traces_dir: Path, mark: str) -> None:
        """Start the run, under the name that the job was submitted with."""
        assert self.job is not None
        self.run = Run(
            self.job, traces_dir, attempt=self.record.attempt, mark=mark, workflow_id=self.record.workflow_id
        )
        self.batch = sequencer.add(self.run.begin())

    def advance(self, sequencer: Sequencer) -> bool:
        """Once its phases have ended, go on with those that follow; True when there are none."""
        if self.batch is None or self.batch.active:
            return False
        assert self.run is not None
        self.outcomes |= self.batch.outcomes
        if self.stopped is not None:
            return True
        with time_limit(_EXPANSION_S, f"the workflow '{self.record.workflow}'"):
            _forget_plugins()
            requests = self.run.next_requests(self.outcomes)
        if requests:
            self.batch = sequencer.add(requests)
        return not requests

    def stop(self, sequencer: Sequencer, verdict: Verdict, code: str) -> None:
        """End it early, once."""
        if self.stopped is None:
            self.stopped = verdict
            if self.batch is not None:
                sequencer.stop(self.batch, ErrorReport(code, verdict.reason))

    def close(self) -> None:
        """Release the run."""
        if self.run is not None:
            self.run.close()


def _forget_plugins() -> None:
    """Workflows of users are imported into this process: another job, or another day, may mean another content."""
    for name in [name for name in modules if name.startswith(_PLUGIN_MODULES)]:
        del modules[name]

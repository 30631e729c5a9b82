"""A run that another process works on, as its files tell of it."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.cli.display.memory import marked, resident_bytes
from orchestrator.cli.display.stages import RunStages
from orchestrator.job import parse_job
from orchestrator.run import Run
from orchestrator.status import read_run, run_state
from phase_worker.contract import ConfigError, PhaseOutcome, PhaseRequest, RunPaths, read_outcome


class FollowedRun:
    """An active run: `look` brings `stages` up to date. Nothing is written, and its coordinator is not asked."""

    def __init__(self, traces_dir: Path, workflow_id: str) -> None:
        self.stages = RunStages(slots=1)
        self._traces_dir = traces_dir.resolve()
        self._recorded = read_run(self._traces_dir, workflow_id)
        self._paths = RunPaths(self._traces_dir, workflow_id)
        self._begun_s = self._paths.run_json.stat().st_mtime
        self._run = Run(parse_job(self._recorded["job"]), self._traces_dir, workflow_id=workflow_id)
        if self._run.digest != self._recorded["job_digest"]:
            raise ConfigError(
                "the data or the plugins of this run have changed since it began, so that it cannot be planned again "
                f"here. `daybreak status {workflow_id}` tells what has ended.",
                where=str(self._paths.run_json),
                code="E-CHANGED",
            )
        self._ended: dict[str, PhaseOutcome] = {}
        self._requests: dict[str, PhaseRequest] = {}
        self._plan(self._run.data_requests())

    @property
    def active(self) -> bool:
        """Whether its coordinator lives."""
        return run_state(self._traces_dir, read_run(self._traces_dir, self._paths.workflow_id)) == "active"

    @property
    def elapsed_s(self) -> float:
        return time.time() - self._begun_s

    @property
    def memory_bytes(self) -> int:
        """Of all processes of the run."""
        return resident_bytes(marked(self._recorded["mark"]))

    def look(self) -> list[PhaseOutcome]:
        """What has ended since the last look."""
        with os.scandir(self._paths.run_dir) as entries:
            changed_s = {entry.name: entry.stat().st_mtime for entry in entries}
        new = list(self._ends(changed_s))
        if "data" in self._ended and (requests := self._run.next_requests(self._ended)):
            self._plan(requests)
            new += self._ends(changed_s)
        for request in self._requests.values():
            started_s = changed_s.get(self._paths.request(request.phase).name, 0.0)
            if request.phase not in self._ended and started_s >= self._begun_s:
                self.stages.started(request.phase, started_s)
        self.stages.slots = max(self.stages.slots, self.stages.running)
        return new

    def _ends(self, changed_s: dict[str, float]) -> Iterator[PhaseOutcome]:
        """A failure that is older than the run's begin is of an earlier start; its phase is to be run again."""
        for phase, request in self._requests.items():
            path = self._paths.outcome(phase)
            if phase in self._ended or path.name not in changed_s:
                continue
            outcome = read_outcome(path)
            now = changed_s[path.name] >= self._begun_s
            if outcome and outcome.request_digest == request.digest and (outcome.settled or now):
                self._ended[phase] = outcome
                if now:
                    self.stages.started(phase, 0.0)
                self.stages.ended(phase, outcome.status, outcome.resources.wall_s)
                yield outcome

    def _plan(self, requests: Sequence[PhaseRequest]) -> None:
        self._requests |= {request.phase: request for request in requests}
        self.stages.planned(request.phase for request in requests)

"""A run on a cluster: its job, its files, and all its requests, planned again from what is recorded."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from orchestrator.allocation import available_memory_bytes
from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.local import LocalExecutor
from orchestrator.job import Job, parse_job
from orchestrator.run import Run, now
from orchestrator.sequencer import Sequencer
from orchestrator.status import read_run
from phase_worker.contract import (
    ConfigError,
    InputTraceError,
    PhaseOutcome,
    PhaseRequest,
    RunPaths,
    read_outcome,
    read_seal,
    request_digest_of,
    write_atomically,
)

OutcomeListener = Callable[[PhaseOutcome], None]


@dataclass(frozen=True)
class PlannedRun:
    """`data` is the outcome of the data phase, which is run where the run is submitted."""

    paths: RunPaths
    job: Job
    data: PhaseOutcome
    requests: tuple[PhaseRequest, ...]

    @cached_property
    def by_name(self) -> dict[str, PhaseRequest]:
        return {request.phase: request for request in self.requests}

    def record_state(self, state: str) -> None:
        """Say in the run's record how far it is: submitted or cancelled."""
        self._record({"state": state, "finished_at": None})

    def record_end(self, outcomes: Mapping[str, PhaseOutcome]) -> None:
        """Say in the run's record what became of it."""
        state = "done" if all(outcome.settled for outcome in outcomes.values()) else "failed"
        phases = {name: str(outcome.status) for name, outcome in outcomes.items()}
        self._record({"state": state, "finished_at": now(), "phases": phases})

    def _record(self, changes: dict[str, Any]) -> None:
        document = orjson.loads(self.paths.run_json.read_bytes())
        write_atomically(self.paths.run_json, orjson.dumps(document | changes, option=orjson.OPT_INDENT_2))


def begin_run(job: Job, traces_dir: Path, on_outcome: OutcomeListener | None = None) -> PlannedRun:
    """Record the run, have its data read and checked, and plan it; raises ConfigError when any of that fails."""
    with closing(Run(job, traces_dir.resolve())) as run:
        data = run_here(run.begin(), on_outcome)["data"]
        if not data.completed:
            run.end({"data": data})
            assert data.error is not None
            raise ConfigError(data.error.message, code=data.error.code)
        try:
            planned = _planned(run, data)
        except ConfigError:  # the job does not fit its data
            run.end({})
            raise
        planned.record_state("submitted")
        return planned


def open_run(traces_dir: Path, workflow_id: str) -> PlannedRun:
    """A run that was begun; raises ConfigError where there is none, or where it would be planned otherwise today."""
    paths = RunPaths(traces_dir.resolve(), workflow_id)
    recorded = read_run(traces_dir, workflow_id)
    run = Run(parse_job(recorded["job"]), paths.traces_dir, workflow_id=workflow_id)
    if run.digest != recorded["job_digest"]:
        raise ConfigError(
            f"the data or the plugins of run '{workflow_id}' have changed since it was submitted. Restore them, or "
            "submit the job again: it becomes a run of its own.",
            where=str(paths.run_json),
            code="E-CHANGED",
        )
    data = read_outcome(paths.outcome("data"))
    if data is None or not data.completed:
        data = run_here(run.data_requests())["data"]
    return _planned(run, data)


def is_sealed(request: PhaseRequest) -> bool:
    """Whether the trace of exactly this request is there; its content is compared when it is read."""
    trace = request.paths.trace(request.phase)
    try:
        read_seal(trace)
        return request_digest_of(trace) == request.digest
    except InputTraceError:
        return False


def run_here(requests: Sequence[PhaseRequest], on_outcome: OutcomeListener | None = None) -> dict[str, PhaseOutcome]:
    """Run phases in this process's own time; those whose traces are sealed only extract."""
    with closing(LocalExecutor(start_process=ColdStart())) as executor:
        sequencer = Sequencer(executor, slots=1, memory_bytes=available_memory_bytes(), on_outcome=on_outcome)
        return sequencer.run(requests)


def _planned(run: Run, data: PhaseOutcome) -> PlannedRun:
    return PlannedRun(run.paths, run.job, data, tuple(run.next_requests({"data": data})))

"""The coordinator: takes a job, has its phases run, and gives back the result document."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from orchestrator.allocation import available_memory_bytes, available_slots
from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.phase_process import StartProcess
from orchestrator.executors.warm_start import WarmStart
from orchestrator.job import Job, parse_job
from orchestrator.matrix import parse_jobs
from orchestrator.results import run_result
from orchestrator.run import Run
from orchestrator.run_watch import RunWatch
from orchestrator.sequencer import OutcomeListener, Sequencer
from phase_worker.contract import ConfigError, PhaseOutcome


class Coordinator:
    """Runs workflows on this machine; everything it knows of a phase it reads from the phase's files.

    `slots` phases run at a time within `memory_bytes` in all: by default what this process may use of the machine;
    in a scheduler's job that is what the job was given. Phases start `warm`, as forks of a preloaded server, or `cold`,
    in interpreters of their own; one that reaches its time limit has `grace_s` between SIGTERM and SIGKILL.
    `on_outcome` is told of each phase as it ends, on a cluster too; `watch`, what else happens to those that run here.
    """

    def __init__(
        self,
        traces_dir: str | Path = "traces",
        *,
        slots: int | None = None,
        memory_bytes: int | None = None,
        start: Literal["warm", "cold"] | StartProcess = "warm",
        grace_s: float = 30.0,
        on_outcome: OutcomeListener | None = None,
        watch: RunWatch | None = None,
    ) -> None:
        self._traces_dir = Path(traces_dir).resolve()
        self._slots = slots or available_slots()
        self._memory_bytes = memory_bytes
        self._start_process = {"warm": WarmStart, "cold": ColdStart}[start]() if isinstance(start, str) else start
        self._grace_s = grace_s
        self._on_outcome = on_outcome
        self._watch = watch

    def execute_workflow(
        self,
        job: Mapping[str, Any] | str | Path,
        *,
        workflow_id: str | None = None,
        overrides: Mapping[str, str] | None = None,
        executor: Literal["local", "slurm"] = "local",
        placement: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Run a job (a dict, or the path of a job file) to its end and return the result document.

        A run started again under the same workflow_id runs only what has no sealed trace. With executor `slurm` phases
        run as jobs of that scheduler, as `placement` says by the keys of a site file; slots and memory are then those
        of its jobs. Raises JobErrors or another ConfigError when the job itself is wrong; a phase that fails is told of
        in the result. Of a job with a matrix the result has `results.runs`: the result of each of its runs.
        """
        if executor != "local":
            # Most runs need nothing of it.
            from orchestrator.cluster.waiting import run_on_cluster  # noqa: PLC0415

            single = parse_job(job, overrides=overrides or {}, workflow_id=workflow_id)
            return run_on_cluster(single, self._traces_dir, placement or {}, self._on_outcome or (lambda _: None))
        parsed = parse_jobs(job, overrides=overrides or {}, workflow_id=workflow_id)
        if not isinstance(parsed, Job):
            from orchestrator.matrix_run import run_matrix  # noqa: PLC0415 -- nor of this

            with closing(self._executor()) as executor_of_all:
                return run_matrix(parsed, self._traces_dir, self._sequencer(executor_of_all))
        with closing(Run(parsed, self._traces_dir)) as run:
            outcomes = self._run_phases(run)
            result = run_result(run.paths, parsed.workflow, outcomes)
            run.end(outcomes)
        return result

    def _run_phases(self, run: Run) -> dict[str, PhaseOutcome]:
        outcomes: dict[str, PhaseOutcome] = {}
        requests = run.begin()
        with closing(self._executor()) as executor:
            sequencer = self._sequencer(executor)
            while requests:
                outcomes |= sequencer.run(requests)
                try:
                    requests = run.next_requests(outcomes)
                except ConfigError:  # the job does not fit its data
                    run.end({})
                    raise
        return outcomes

    def _executor(self) -> LocalExecutor:
        return LocalExecutor(grace_s=self._grace_s, start_process=self._start_process)

    def _sequencer(self, executor: LocalExecutor) -> Sequencer:
        return Sequencer(
            executor,
            slots=self._slots,
            memory_bytes=self._memory_bytes or available_memory_bytes(),
            on_outcome=self._on_outcome,
            watch=self._watch,
        )

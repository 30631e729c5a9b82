"""The coordinator: takes a job, has its phases run, and gives back the result document."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

import orjson

from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.executor import Executor
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.phase_process import StartProcess
from orchestrator.executors.warm_start import WarmStart
from orchestrator.job import Job, parse_job
from orchestrator.phase_config import data_config
from orchestrator.plan import DataFacts, Phase, RunSetup, plan_requests
from orchestrator.results import extracted_results, run_result
from orchestrator.sequencer import OutcomeListener, Sequencer
from phase_worker.contract import (
    ConfigError,
    Limits,
    PhaseOutcome,
    Plugin,
    RunPaths,
    plugin_digest,
    write_atomically,
)
from phase_worker.discovery import ComponentInfo, get_component_registry, installed_plugins

SCHEMA = 1
_DATA_EXTRACTORS = ("data", "data_warnings")


class Coordinator:
    """Runs workflows on this machine; everything it knows of a phase it reads from the phase's files.

    `slots` phases run at a time (default: the processors this process may use) within `memory_bytes` in all (default:
    what the machine has available). Phases start `warm`, as forks of a preloaded server, or `cold`, in interpreters of
    their own; one that reaches its time limit has `grace_s` between SIGTERM and SIGKILL. `on_outcome` is told of each
    phase as it ends.
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
    ) -> None:
        self._traces_dir = Path(traces_dir).resolve()
        self._slots = slots or len(os.sched_getaffinity(0))
        self._memory_bytes = memory_bytes
        self._start_process = {"warm": WarmStart, "cold": ColdStart}[start]() if isinstance(start, str) else start
        self._grace_s = grace_s
        self._on_outcome = on_outcome

    def execute_workflow(
        self,
        job: Mapping[str, Any] | str | Path,
        *,
        workflow_id: str | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Run a job (a dict, or the path of a job file) to its end and return the result document.

        A run started again under the same workflow_id runs only what has no sealed trace. Raises JobErrors or another
        ConfigError when the job itself is wrong; a phase that fails is told of in the result.
        """
        parsed = parse_job(job, overrides=overrides or {}, workflow_id=workflow_id)
        run = _Run(parsed, self._traces_dir)
        with run.locked():
            run.begin()
            with closing(LocalExecutor(grace_s=self._grace_s, start_process=self._start_process)) as executor:
                try:
                    outcomes = self._run_phases(run, executor)
                except ConfigError:  # the job does not fit its data
                    run.end({})
                    raise
            result = run_result(run.paths, parsed.workflow, outcomes)
            run.end(outcomes)
        return result

    def _run_phases(self, run: "_Run", executor: Executor) -> dict[str, PhaseOutcome]:
        memory_bytes = self._memory_bytes or _available_memory_bytes()
        sequencer = Sequencer(executor, slots=self._slots, memory_bytes=memory_bytes, on_outcome=self._on_outcome)
        outcomes = sequencer.run(plan_requests([run.data_phase()], run.setup(_DATA_EXTRACTORS)))
        if not outcomes["data"].completed:
            return outcomes
        phases = run.workflow.factory(run.job, run.data_facts(outcomes["data"]))
        if not phases or any(phase.name in outcomes for phase in phases):
            raise ConfigError(
                f"workflow '{run.job.workflow}' gives {'a phase named data' if phases else 'no phases'}. Allowed: one "
                "or more, under other names than 'data', which is the phase that reads the data.",
                code="E-ID" if phases else "E-SCHEMA",
            )
        return outcomes | sequencer.run(plan_requests(phases, run.setup()))


class _Run:
    """One run of one job: its identity, its files, its state."""

    def __init__(self, job: Job, traces_dir: Path) -> None:
        self.job = job
        plugins = [*installed_plugins(), *job.plugins]
        self.workflow: ComponentInfo = get_component_registry(plugins).get("workflow", job.workflow)
        self._plugins = tuple(Plugin(path, plugin_digest(path)) for path in plugins)
        with job.data.file.open("rb") as file:
            self._data_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self._job_digest = self._digest()
        default_id = f"{job.workflow}-{job.strategy.name}-{self._job_digest[:10]}"
        self.paths = RunPaths(traces_dir, job.workflow_id or default_id, job.trace.compress == "zst")
        self._started_at = _now()

    def _digest(self) -> str:
        """sha256 of all of the job that its results depend on; not of paths, limits, extractors or compression.

        The order of keys counts: that of a grid decides the order of the trials.
        """
        resolved = {
            key: value
            for key, value in self.job.resolved().items()
            if key not in {"workflow_id", "resources", "extractors", "plugins"}
        }
        resolved["data"] = resolved["data"] | {"file": self._data_sha256}
        del resolved["trace"]["compress"]
        resolved["plugins"] = [plugin.sha256 for plugin in self._plugins]
        return hashlib.sha256(orjson.dumps(resolved)).hexdigest()

    def setup(self, more_extractors: tuple[str, ...] = ()) -> RunSetup:
        """What this run's requests share."""
        resources = self.job.resources
        return RunSetup(
            paths=self.paths,
            limits=Limits(resources.memory_bytes, resources.time_s, resources.workers),
            extractors=(*more_extractors, *(self.job.extractors or self.workflow.metadata["extractors"])),
            plugins=self._plugins,
            sources={self._data_sha256: self.job.data.file},
        )

    def data_phase(self) -> Phase:
        return Phase("data", "market_data", data_config(self.job, self._data_sha256))

    def data_facts(self, outcome: PhaseOutcome) -> DataFacts:
        facts = extracted_results(self.paths, outcome)["data"][0]
        return DataFacts(**{name: facts[name] for name in DataFacts.__slots__})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run's lock; its holder being alive is what makes a run active."""
        try:
            self.paths.run_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the run's directory cannot be made: {error}", code="E-TRACES") from None
        with self.paths.lock.open("a") as file:
            if not _lock(file):
                raise ConfigError(
                    f"another coordinator is running '{self.paths.workflow_id}' now. Wait for it, or use another "
                    "workflow_id.",
                    where=str(self.paths.lock),
                    code="E-BUSY",
                )
            yield

    def begin(self) -> None:
        """Record the run, after refusing another job's name and sweeping what a dead coordinator left."""
        if self.paths.run_json.exists():
            recorded = orjson.loads(self.paths.run_json.read_bytes())
            if recorded["job_digest"] != self._job_digest:
                raise ConfigError(
                    f"workflow_id '{self.paths.workflow_id}' belongs to another job, or to other data. Use another "
                    "workflow_id, or delete that run.",
                    where=str(self.paths.run_json),
                    code="E-IDTAKEN",
                )
            from orchestrator.executors.process_tree import sweep_run  # noqa: PLC0415 -- psutil, only to resume

            sweep_run(self.paths.run_dir)
        self._write_state("running", {})

    def end(self, outcomes: Mapping[str, PhaseOutcome]) -> None:
        done = bool(outcomes) and all(outcome.completed for outcome in outcomes.values())
        self._write_state("done" if done else "failed", outcomes)

    def _write_state(self, state: str, outcomes: Mapping[str, PhaseOutcome]) -> None:
        document = {
            "schema": SCHEMA,
            "workflow_id": self.paths.workflow_id,
            "workflow": self.job.workflow,
            "state": state,
            "job_digest": self._job_digest,
            "job": self.job.resolved(),
            "started_at": self._started_at,
            "finished_at": None if state == "running" else _now(),
            "phases": {name: str(outcome.status) for name, outcome in outcomes.items()},
        }
        write_atomically(self.paths.run_json, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _lock(file: IO[str]) -> bool:
    """Lock the open file, unless somebody holds it for longer than a look at the run's state takes."""
    for wait_s in (0.05, 0.1, 0.2, 0.2, 0.0):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait_s)
        else:
            return True
    return False


def _available_memory_bytes() -> int:
    """What the kernel says can be used without swapping."""
    figures = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(figures["MemAvailable"].split()[0]) * 1024


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

"""One run of one job, from its first request to its recorded end."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson

from orchestrator.closing_phases import DATA, RESERVED, with_closing_phases
from orchestrator.job import DataChoice, Job
from orchestrator.phase_config import bars_config, data_config
from orchestrator.plan import DataFacts, Phase, RunSetup, plan_requests
from orchestrator.results import extracted_results
from phase_worker.contract import (
    ConfigError,
    Limits,
    PhaseOutcome,
    PhaseRequest,
    Plugin,
    RunPaths,
    plugin_digest,
    write_atomically,
)
from phase_worker.contract.process_marks import run_mark
from phase_worker.discovery import ComponentInfo, get_component_registry, installed_plugins

SCHEMA = 1
_DATA_EXTRACTORS = ("data", "data_warnings")


class Run:
    """Its identity, its files, its state.

    Its life: `begin`, then `next_requests` with all outcomes so far until there are none, then `end`, then `close`;
    closed without an end it counts as interrupted. `mark` is what its processes carry as DAYBREAK_RUN: a path that is
    locked (flock) as long as its coordinator lives; by default the run's directory, which its own lock stands for.
    """

    def __init__(
        self, job: Job, traces_dir: Path, *, workflow_id: str | None = None, attempt: int = 1, mark: str | None = None
    ) -> None:
        self.job = job
        plugins = [*installed_plugins(), *job.plugins]
        registry = get_component_registry(plugins)
        self.workflow: ComponentInfo = registry.get("workflow", job.workflow)
        topologies = registry.get_components_by_type("topology")
        self._with_workers = frozenset(info.name for info in topologies if info.metadata.get("workers"))
        self._plugins = tuple(Plugin(path, plugin_digest(path)) for path in plugins)
        self._sha256 = {path: _sha256(path) for data in job.all_data for path in data.paths}
        self.digest = self._job_digest()
        default_id = f"{job.workflow}-{job.strategy.name}-{self.digest[:10]}"
        self.paths = RunPaths(traces_dir, workflow_id or job.workflow_id or default_id, job.trace.compress == "zst")
        self._attempt = attempt
        self._mark = mark or run_mark(self.paths.run_dir)
        self._started_at = now()
        self._expanded = False
        self._held = ExitStack()

    def begin(self) -> list[PhaseRequest]:
        """Lock and record the run, and give its first request: the data phase's.

        Refuses another job's name and a run that is active; sweeps what a dead coordinator left of this one.
        """
        self._lock()
        if (recorded := self._recorded()) is not None:
            if recorded["job_digest"] != self.digest:
                raise ConfigError(
                    f"workflow_id '{self.paths.workflow_id}' belongs to another job, or to other data. Use another "
                    "workflow_id, or delete that run.",
                    where=str(self.paths.run_json),
                    code="E-IDTAKEN",
                )
            self._sweep(recorded.get("mark"))
            for unfinished in self.paths.run_dir.glob(".*.tmp"):
                unfinished.unlink()
        self._write_state("running", {})
        return self.data_requests()

    def data_requests(self) -> list[PhaseRequest]:
        """The first request."""
        digests = self._digests(self.job.data)
        bars = bars_config(self.job.data, digests["file"], digests["factors"])
        return self._requests([Phase(DATA, "market_data", data_config(bars), extractors=_DATA_EXTRACTORS)])

    def next_requests(self, outcomes: Mapping[str, PhaseOutcome]) -> list[PhaseRequest]:
        """What the workflow's factory makes of the data phase's findings, once; none where nothing is to follow."""
        if self._expanded or not outcomes[DATA].completed:
            return []
        self._expanded = True
        data = self._data_facts(outcomes[DATA])
        phases = self.workflow.factory(self.job, data)
        taken = [f"a phase named {phase.name}" for phase in phases if phase.name in RESERVED]
        if taken or not phases:
            raise ConfigError(
                f"workflow '{self.job.workflow}' gives {' and '.join(taken) or 'no phases'}. Allowed: one or more, "
                f"under other names than {', '.join(RESERVED)}, which are phases of every run.",
                code="E-ID" if phases else "E-SCHEMA",
            )
        return self._requests(with_closing_phases(self.job, data, phases), self.data_requests())

    def end(self, outcomes: Mapping[str, PhaseOutcome], *, failed: bool = False) -> None:
        """Record what became of it: without outcomes, or where something else than a phase `failed`, failure."""
        done = bool(outcomes) and not failed and all(outcome.settled for outcome in outcomes.values())
        self._write_state("done" if done else "failed", outcomes)

    def close(self) -> None:
        """Release the run's lock; may be called again."""
        self._held.close()

    def _job_digest(self) -> str:
        """sha256 of all of the job that its results depend on; not of paths, limits, extractors, compression or pages.

        The order of keys counts: that of a grid decides the order of the trials.
        """
        resolved = {
            key: value
            for key, value in self.job.resolved().items()
            if key not in {"workflow_id", "resources", "extractors", "plugins", "on_finish", "report"}
        }
        resolved["data"] |= self._digests(self.job.data)
        if self.job.portfolio:
            for leg in self.job.portfolio.legs:
                resolved["portfolio"]["legs"][leg.name]["data"] |= self._digests(leg.data)
        del resolved["trace"]["compress"]
        resolved["plugins"] = [plugin.sha256 for plugin in self._plugins]
        return hashlib.sha256(orjson.dumps(resolved)).hexdigest()

    def _requests(self, phases: Sequence[Phase], earlier: Sequence[PhaseRequest] = ()) -> list[PhaseRequest]:
        resources = self.job.resources
        setup = RunSetup(
            paths=self.paths,
            limits=Limits(resources.memory_bytes, resources.time_s, resources.workers),
            extractors=tuple(self.job.extractors or self.workflow.metadata["extractors"]),
            plugins=self._plugins,
            sources=self._sources(),
            with_workers=self._with_workers,
        )
        return [replace(request, attempt=self._attempt) for request in plan_requests(phases, setup, earlier)]

    def _sources(self) -> dict[str, Path]:
        return {sha256: path for path, sha256 in self._sha256.items()}

    def _digests(self, data: DataChoice) -> dict[str, Any]:
        return {"file": self._sha256[data.file], "factors": self._sha256[data.factors] if data.factors else None}

    def _data_facts(self, outcome: PhaseOutcome) -> DataFacts:
        facts = extracted_results(self.paths, outcome)["data"][0]
        told = {name: facts[name] for name in DataFacts.__slots__ if name != "digests"}
        return DataFacts(**told, digests=self._sha256)

    def _lock(self) -> None:
        """Hold the run's lock; its holder being alive is what makes a run active."""
        try:
            self.paths.run_dir.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, PermissionError) as error:
            raise ConfigError(f"the run's directory cannot be made: {error}", code="E-TRACES") from None
        file = self._held.enter_context(self.paths.lock.open("a"))
        if not _lock(file):
            raise ConfigError(
                f"another coordinator is running '{self.paths.workflow_id}' now. Wait for it, or use another "
                "workflow_id.",
                where=str(self.paths.lock),
                code="E-BUSY",
            )

    def _recorded(self) -> dict[str, str] | None:
        """What an earlier start of this run recorded."""
        if not self.paths.run_json.exists():
            return None
        recorded: dict[str, str] = orjson.loads(self.paths.run_json.read_bytes())
        return recorded

    def _sweep(self, mark: str | None) -> None:
        """Kill what is left under `mark`, unless a living coordinator has that mark."""
        from orchestrator.executors.process_tree import sweep  # noqa: PLC0415 -- psutil, only to resume

        own = run_mark(self.paths.run_dir)
        if mark is None or mark == own:
            sweep(own)
        else:
            with _lock_of_dead(Path(mark)) as dead:
                if dead:
                    sweep(mark)

    def _write_state(self, state: str, outcomes: Mapping[str, PhaseOutcome]) -> None:
        document = {
            "schema": SCHEMA,
            "workflow_id": self.paths.workflow_id,
            "workflow": self.job.workflow,
            "state": state,
            "job_digest": self.digest,
            "job": self.job.resolved(),
            "mark": self._mark,
            "started_at": self._started_at,
            "finished_at": None if state == "running" else now(),
            "phases": {name: str(outcome.status) for name, outcome in outcomes.items()},
        }
        write_atomically(self.paths.run_json, orjson.dumps(document, option=orjson.OPT_INDENT_2))


@contextmanager
def _lock_of_dead(path: Path) -> Iterator[bool]:
    """Hold the lock that a coordinator holds while it lives; False where it lives, or was swept and is gone."""
    with ExitStack() as held, suppress(FileNotFoundError, BlockingIOError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        held.callback(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
        return
    yield False


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


def now() -> str:
    """The time for display and for a scheduler's own clock: UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

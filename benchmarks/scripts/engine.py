"""The engine alone: all phases of a job in this process, one after the other, each with its sealed trace on disk."""

import json
import sys
import time
from pathlib import Path

import benchmarks.scripts.numpy_limit as limit
from orchestrator.job import Job, parse_job
from orchestrator.phase_config import data_config
from orchestrator.plan import DataFacts, Phase, in_order
from phase_worker.contract import RunPaths
from phase_worker.discovery import get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.topology_builder import PhaseContext, TopologyBuilder
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer


class Engine:
    """Runs the phases of one job; `traces` has the sealed trace of each phase that has run."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self._paths = RunPaths(folder, "engine")
        self._paths.run_dir.mkdir(parents=True)
        self._registry = get_component_registry(job.plugins)
        self._sha256 = limit.sha256_of(job.data.file)
        self.traces: dict[str, Path] = {}

    def plan(self) -> list[Phase]:
        """Read the data into the bars cache, and have the workflow say what its phases are."""
        self.run(Phase("data", "market_data", data_config(self._job, self._sha256)))
        (event,) = TraceQuery(self.traces["data"]).filter_events(event_type="DATA")
        facts = DataFacts(**{name: event.payload[name] for name in DataFacts.__slots__ if name != "digests"})
        phases: list[Phase] = self._registry.get("workflow", self._job.workflow).factory(self._job, facts)
        return in_order(phases)

    def run(self, phase: Phase) -> None:
        """What a phase process does between its start and its extraction."""
        bus, tracer = EventBus(), UnifiedTracer(path=self._paths.partial_trace(phase.name, 1))
        bus.attach_tracer(tracer)
        inputs = {name: TraceQuery(self.traces[name]) for name in phase.depends_on}
        sources = {self._sha256: self._job.data.file}
        topology = TopologyBuilder(self._registry).build_topology(phase.topology, phase.config)
        topology.run(PhaseContext(phase.config, bus, self._registry, inputs, sources, self._paths))
        self.traces[phase.name] = self._paths.trace(phase.name)
        tracer.seal(self.traces[phase.name])


def main(job_file: Path) -> None:
    """Print the time between the plan and the last seal, and, for a backtest, the limit of the same work."""
    job = parse_job(job_file)
    engine = Engine(job, Path.cwd())
    phases = engine.plan()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for phase in phases:
        engine.run(phase)
    facts = {"engine_wall_s": time.perf_counter() - wall_s, "engine_cpu_s": time.process_time() - cpu_s}
    if job.workflow == "backtest":
        facts |= limit.measure(job.data.file, engine.traces["backtest"])
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

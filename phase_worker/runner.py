"""The runner: one request in, one sealed trace and its extracted results out."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, InputTraceError
from phase_worker.contract.files import write_atomically
from phase_worker.contract.request import InputTrace, PhaseFiles, PhaseRequest, Plugin, plugin_digest
from phase_worker.contract.seal import Seal, request_digest_of, verify_trace
from phase_worker.discovery import ComponentRegistry, get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.extraction import Extractor, extract, load_extractors, selected_events, split_by_size
from phase_worker.gate import SKIPPED, pass_gate, skip_reason
from phase_worker.topology_builder import PhaseContext, TopologyBuilder
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer

TRACE_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """The seal of the trace, and what was extracted from it.

    `extracted` has the number of results by category, `deferred` the extractor by category of what is extracted when
    it is asked for; `warnings` are what looked suspicious; `skipped` is why its gate let nothing run.
    """

    seal: Seal
    extracted: dict[str, int]
    extracted_sha256: str
    deferred: dict[str, str]
    warnings: tuple[str, ...]
    skipped: str | None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a phase needs that can be had without running a user's code: `extractors` are Daybreak's own."""

    registry: ComponentRegistry
    extractors: dict[str, Extractor]
    files: PhaseFiles


def prepare(request: PhaseRequest) -> Preparation:
    """Check the plugins, whose code must be what it was when the run was planned, and look up what is asked for.

    A fork server does so before it forks: what is read or worked out here, its child finds.
    """
    for plugin in request.plugins:
        _check_plugin(plugin)
    registry = _registry_with(request.plugins)
    registry.get("topology", request.topology).prepare()
    own = [name for name in request.extractors if registry.get("extractor", name).own]
    for file in (files := request.files):
        str(file)  # a path works out its text when it is first asked for
    return Preparation(registry, load_extractors(registry, own), files)


@cache
def _registry_with(plugins: tuple[Plugin, ...]) -> ComponentRegistry:
    return get_component_registry(plugin.path for plugin in plugins)


def run_phase(request: PhaseRequest, preparation: Preparation) -> PhaseResult:
    """Make the sealed trace of `request` unless it is there, and extract from it.

    Safe to repeat: a trace is published once.
    """
    trace = preparation.files.trace
    extractors = load_extractors(preparation.registry, request.extractors, preparation.extractors)
    seal = None if trace.exists() else _write_trace(request, preparation)
    seal = seal or _verified(trace, request.digest)
    now, deferred = split_by_size(extractors, seal)
    extracted = extract(selected_events(trace, seal, now), now)
    lines = [orjson.dumps({"category": category, "results": results}) for category, results in extracted.items()]
    content = b"".join(line + b"\n" for line in lines)
    write_atomically(preparation.files.extracted, content, durable=False)
    return PhaseResult(
        seal=seal,
        extracted={category: len(results) for category, results in extracted.items()},
        extracted_sha256=hashlib.sha256(content).hexdigest(),
        deferred=deferred,
        warnings=tuple(finding["message"] for finding in extracted.get("data_warnings", ())),
        skipped=skip_reason(TraceQuery(trace)) if request.gate else None,
    )


def _write_trace(request: PhaseRequest, preparation: Preparation) -> Seal | None:
    """The seal of the new trace; None where another attempt published first, which must say the same."""
    inputs = {phase: _open_input(phase, source) for phase, source in request.inputs.items()}
    registry, files = preparation.registry, preparation.files
    bus = EventBus()
    level = request.config["trace"]["level"]
    tracer = UnifiedTracer(request.digest[:16], path=files.partial, level=level, compressed=request.compressed)
    bus.attach_tracer(tracer)
    opening: dict[str, Any] = {"schema": TRACE_SCHEMA, "request_digest": request.digest, **request.identity}
    try:
        bus.publish(Event("TRACE_OPEN", None, "phase_worker", opening))
        reason, reads = pass_gate(request.gate, inputs, registry) if request.gate else (None, inputs)
        if reason is None:
            builder = TopologyBuilder(registry)
            topology = builder.build_topology(request.topology, request.config, output_dir=str(request.traces_dir))
            workers = request.limits.workers
            topology.run(PhaseContext(topology.config, bus, registry, reads, request.sources, request.paths, workers))
        else:
            bus.publish(Event(SKIPPED, None, "phase_worker", {"reason": reason}))
        bus.shutdown()
        if tracer.recorded == 1:
            raise ConfigError(f"topology '{request.topology}' published no event: a phase must not succeed on nothing")
        try:
            return tracer.seal(files.trace)
        except FileExistsError:
            files.partial.unlink(missing_ok=True)
            return None
    finally:
        tracer.close()


def _open_input(phase: str, source: InputTrace) -> TraceQuery:
    query = TraceQuery(source.trace)
    found = request_digest_of(source.trace)
    if found != source.request_digest:
        raise InputTraceError(
            f"the trace of '{phase}' answers request {found[:12]}…, but {source.request_digest[:12]}… is needed: it "
            "belongs to another job. Use another workflow_id, or delete the trace.",
            where=str(source.trace),
        )
    return query


def _verified(trace: Path, request_digest: str) -> Seal:
    seal = verify_trace(trace)
    found = request_digest_of(trace)
    if found != request_digest:
        raise ConfigError(
            f"a sealed trace of another request ({found[:12]}…, not {request_digest[:12]}…) has this name already. "
            "Use another workflow_id, or delete it.",
            where=str(trace),
            code="E-IDTAKEN",
        )
    return seal


def _check_plugin(plugin: Plugin) -> None:
    if plugin_digest(plugin.path) != plugin.sha256:
        raise ConfigError("the plugin changed since the run was planned. Start the run again.", where=str(plugin.path))

"""The plan of a run: what a workflow wants done, as requests with all their digests known beforehand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError
from pathlib import Path
from typing import Any

from orchestrator.ready_queue import ReadyQueue
from phase_worker.contract import (
    ConfigError,
    InputTrace,
    Limits,
    PhaseRequest,
    Plugin,
    RunPaths,
    check_phase_name,
    did_you_mean,
)


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What the data phase found: number of bars, their first and last time, and the inferred periods a year.

    `sha256` is the data file's digest, `factors` that of the file that its prices are adjusted by, if there is one.
    """

    sha256: str
    symbol: str
    bars: int
    first: str
    last: str
    periods_per_year: float
    factors: str | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as a workflow's factory describes it; it reads the traces of the phases it depends on.

    It is given what the job says, but no less memory and time than it `needs`; `extractors` are those of its own.
    """

    name: str
    topology: str
    config: dict[str, Any]
    depends_on: tuple[str, ...] = ()
    needs: Limits | None = None
    extractors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What all requests of a run share; only phases of the topologies `with_workers` compute in `limits.workers`."""

    paths: RunPaths
    limits: Limits
    extractors: tuple[str, ...]
    plugins: tuple[Plugin, ...] = ()
    sources: dict[str, Path] = field(default_factory=dict)
    with_workers: frozenset[str] = frozenset()


def in_order(phases: Sequence[Phase], earlier: Collection[str] = ()) -> list[Phase]:
    """The phases, each after those it depends on, else in the order given; they may depend on `earlier` ones too.

    Raises ConfigError for a bad or repeated name (E-ID), an unknown dependency (E-NODEP) or a cycle (E-CYCLE).
    """
    by_name: dict[str, Phase] = {}
    for phase in phases:
        if check_phase_name(phase.name) in by_name:
            raise ConfigError(f"two phases are called '{phase.name}'", code="E-ID")
        by_name[phase.name] = phase
    for phase in phases:
        for dependency in phase.depends_on:
            if dependency not in by_name and dependency not in earlier:
                raise ConfigError(
                    f"phase '{phase.name}' depends on '{dependency}', which does not exist. "
                    f"{did_you_mean(dependency, by_name)}",
                    code="E-NODEP",
                )
    try:
        queue = ReadyQueue({each.name: [name for name in each.depends_on if name in by_name] for each in phases})
    except CycleError as error:
        circle = "→".join(reversed(error.args[1]))  # graphlib goes from a phase to its dependents
        raise ConfigError(f"phases depend on each other in a circle: {circle}", code="E-CYCLE") from None
    order = []
    while queue.active:
        order.append(by_name[name := queue.pop()])
        queue.done(name)
    return order


def plan_requests(phases: Sequence[Phase], setup: RunSetup, earlier: Sequence[PhaseRequest] = ()) -> list[PhaseRequest]:
    """One request per phase, in an order that can be run; an input is known by its request's digest.

    The phases may also read the traces of `earlier` requests.
    """
    requests: dict[str, PhaseRequest] = {request.phase: request for request in earlier}
    for phase in in_order(phases, requests):
        requests[phase.name] = PhaseRequest(
            workflow_id=setup.paths.workflow_id,
            phase=phase.name,
            topology=phase.topology,
            config=phase.config,
            traces_dir=setup.paths.traces_dir,
            limits=_limits(phase, setup),
            inputs=_inputs(phase, requests, setup.paths),
            extractors=(*phase.extractors, *setup.extractors),
            plugins=setup.plugins,
            sources=setup.sources,
            compressed=setup.paths.compressed,
        )
    return list(requests.values())[len(earlier) :]


def _limits(phase: Phase, setup: RunSetup) -> Limits:
    given, needs = setup.limits, phase.needs or setup.limits
    return Limits(
        max(given.memory_bytes, needs.memory_bytes),
        max(given.time_s, needs.time_s),
        given.workers if phase.topology in setup.with_workers else 1,
    )


def _inputs(phase: Phase, requests: Mapping[str, PhaseRequest], paths: RunPaths) -> dict[str, InputTrace]:
    return {name: InputTrace(paths.trace(name), requests[name].digest) for name in phase.depends_on}

"""The plan of a run: what a workflow wants done, as requests with all their digests known beforehand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError
from pathlib import Path
from typing import Any, Literal

from orchestrator.ready_queue import ReadyQueue
from phase_worker.contract import (
    Condition,
    ConfigError,
    Gate,
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

    `sha256` is the data file's digest, `factors` that of the file that its prices are adjusted by, if there is one;
    `digests` are those of all files of market data that the job names.
    """

    sha256: str
    symbol: str
    bars: int
    first: str
    last: str
    periods_per_year: float
    factors: str | None = None
    digests: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as a workflow's factory describes it; it reads the traces of the phases it depends on.

    It is given what the job says, but no less memory and time than it `needs`; `extractors` are those of its own. It is
    skipped unless every condition of `when` holds, and where a phase that it depends on was skipped: with `requires`
    any, only where all of them were; with none, never, and it reads of that too. It waits for the phases of its
    conditions as well, but its topology does not read them.
    """

    name: str
    topology: str
    config: dict[str, Any]
    depends_on: tuple[str, ...] = ()
    needs: Limits | None = None
    extractors: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    requires: Literal["all", "any", "none"] = "all"

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The phases it depends on, and those of its conditions."""
        return tuple(dict.fromkeys((*self.depends_on, *(name for each in self.when for name in each.phases))))


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
        for dependency in phase.waits_for:
            if dependency not in by_name and dependency not in earlier:
                raise ConfigError(
                    f"phase '{phase.name}' depends on '{dependency}', which does not exist. "
                    f"{did_you_mean(dependency, by_name)}",
                    code="E-NODEP",
                )
    try:
        queue = ReadyQueue({each.name: [name for name in each.waits_for if name in by_name] for each in phases})
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
    ordered = in_order(phases, requests)
    skippable = skippable_phases(ordered)
    for phase in ordered:
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
            gate=_gate(phase, skippable),
        )
    return list(requests.values())[len(earlier) :]


def skippable_phases(ordered: Sequence[Phase]) -> set[str]:
    """The names of those that may be skipped: by a condition of their own, or since what they depend on was."""
    found: set[str] = set()
    for phase in ordered:
        among = [name in found for name in phase.depends_on if phase.requires != "none"]
        if phase.when or (any(among) if phase.requires == "all" else among and all(among)):
            found.add(phase.name)
    return found


def _gate(phase: Phase, skippable: Collection[str]) -> Gate | None:
    """None where nothing is to be decided, so that a run without conditions has the requests that it always had."""
    if phase.when or (phase.requires != "none" and any(name in skippable for name in phase.depends_on)):
        return Gate(phase.when, phase.depends_on, phase.requires)
    return None


def _limits(phase: Phase, setup: RunSetup) -> Limits:
    given, needs = setup.limits, phase.needs or setup.limits
    return Limits(
        max(given.memory_bytes, needs.memory_bytes),
        max(given.time_s, needs.time_s),
        given.workers if phase.topology in setup.with_workers else 1,
    )


def _inputs(phase: Phase, requests: Mapping[str, PhaseRequest], paths: RunPaths) -> dict[str, InputTrace]:
    return {name: InputTrace(paths.trace(name), requests[name].digest) for name in phase.waits_for}

"""The size of a submission: which shape it takes, how phases are grouped, and what each scheduler job asks for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.cluster.placement import Placement
from orchestrator.cluster.steps import Grouping, Step, time_bound_s
from phase_worker.contract import PhaseRequest, read_outcome

_ALLOCATION_SLOTS = 4
# One node is enough for what it does within this time: a longer wait is worth a scheduler's seconds per job.
_ALLOCATION_S = 3600.0
# A task of this length hides the 2 to 3 s that a scheduler takes to start one.
_TASK_S = 60.0
# From here on phases are long enough to be jobs of their own: shorter jobs are placed sooner, and lose less.
_FUSED_BELOW_S = 600.0
# A limit is set generously.
_LIMIT_TO_TIME = 10
_OWN_MEMORY_BYTES = 256 * 2**20
# Between the signal that ends a task's phases and the scheduler's own limit, and for the start.
_OWN_TIME_S = 120.0


@dataclass(frozen=True, slots=True)
class Shape:
    """`name` is allocation or graph, `reason` one clause for a person."""

    name: str
    reason: str
    grouping: Grouping


@dataclass(frozen=True, slots=True)
class JobSize:
    """What a scheduler job, or each task of an array, is given."""

    slots: int
    memory_bytes: int
    time_s: float


def choose_shape(requests: Sequence[PhaseRequest], placement: Placement) -> Shape:
    """One allocation where one node does it within an hour, unless the placement says otherwise."""
    phase_s, source = expected_phase_s(requests, placement)
    slots = placement.slots or _ALLOCATION_SLOTS
    alone_s = phase_s * len(requests) / slots
    reason = f"{len(requests)} phases of {phase_s:.3g} s ({source}) take {alone_s:,.0f} s on {slots} slots"
    if placement.shape != "auto":
        name, reason = placement.shape, "as asked for"
    else:
        name = "allocation" if alone_s <= _ALLOCATION_S and (placement.nodes or 1) == 1 else "graph"
    fused = phase_s < _FUSED_BELOW_S
    chains = placement.group or max(1, math.floor(_TASK_S * (placement.slots or 1) / phase_s / (3 if fused else 1)))
    return Shape(name, reason, Grouping(chains, fused, placement.array_limit))


def expected_phase_s(requests: Sequence[PhaseRequest], placement: Placement) -> tuple[float, str]:
    """How long a phase takes, and how that is known: said, measured in this run, or a tenth of the limit."""
    if placement.phase_time_s is not None:
        return placement.phase_time_s, "as said"
    outcomes = [read_outcome(request.paths.outcome(request.phase)) for request in requests[:100]]
    if measured := sorted(outcome.resources.wall_s for outcome in outcomes if outcome and outcome.resources.wall_s):
        return max(0.001, measured[len(measured) // 2]), "as measured"
    return requests[0].limits.time_s / _LIMIT_TO_TIME, "a tenth of resources.time"


def job_size(step: Step, by_name: Mapping[str, PhaseRequest], placement: Placement, shape: str) -> JobSize:
    """Slots times a phase's memory, and the longest that the step's longest task can take."""
    workers = max(request.limits.workers for request in by_name.values())
    slots = placement.slots or max(workers, _ALLOCATION_SLOTS if shape == "allocation" else 1)
    memory_bytes = max(request.limits.memory_bytes for request in by_name.values())
    bound_s = max(time_bound_s(task, by_name, slots) for task in step.tasks)
    return JobSize(
        slots,
        placement.memory_bytes or slots * memory_bytes + _OWN_MEMORY_BYTES,
        placement.time_s or bound_s + _OWN_TIME_S,
    )

"""The steps of a submission: phases grouped into tasks, tasks into jobs and arrays of a scheduler.

Phases that are alike (one topology, alike inputs) make a stage: the train phases of all windows are one. Where every
phase of a stage reads only what one task of the stage before makes, the two are aligned: they become one chain in one
task, or two arrays whose tasks wait for each other in pairs. Any other stage waits for all tasks it reads from; a
report on a join and on what the join waits for goes on in the join's task.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from phase_worker.contract import PhaseRequest

Task = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a scheduler, or one array where there are several tasks; each task runs its phases, in order.

    It waits for the steps `after_all` as wholes; task k of it for task k of the steps `after_each`; and for the jobs
    `after_jobs` of earlier submissions, which are known by their scheduler's ids.
    """

    name: str
    tasks: tuple[Task, ...]
    after_all: tuple[str, ...] = ()
    after_each: tuple[str, ...] = ()
    after_jobs: tuple[str, ...] = ()

    @property
    def is_array(self) -> bool:
        return len(self.tasks) > 1


@dataclass(frozen=True, slots=True)
class Grouping:
    """`chains` of phases go into one task, at most `tasks_limit` tasks into one array.

    With `fused` a chain is all phases that depend on each other one by one (a window's train, select and test), else
    one phase.
    """

    chains: int
    fused: bool
    tasks_limit: int = 1000


def one_step(requests: Sequence[PhaseRequest], elsewhere: Mapping[str, str] | None = None) -> list[Step]:
    """All phases as the one task of one job."""
    (step,) = _linked([[tuple(request.phase for request in requests)]], _by_name(requests), elsewhere or {})
    return [replace(step, name="1-all")]


def graph_steps(
    requests: Sequence[PhaseRequest], grouping: Grouping, elsewhere: Mapping[str, str] | None = None
) -> list[Step]:
    """The steps of these requests, each after those it waits for.

    `requests` stand in an order that can be run; `elsewhere` has the job that is to make a trace which is read here, by
    phase. An input that is in neither is taken to be there.
    """
    stages = _stages(requests)
    if grouping.fused:
        stages = _fused(stages, _by_name(requests))
    parts: list[list[Task]] = []
    for chains in stages:
        tasks = [_joined(chains[at : at + grouping.chains]) for at in range(0, len(chains), grouping.chains)]
        parts += [tasks[at : at + grouping.tasks_limit] for at in range(0, len(tasks), grouping.tasks_limit)]
    return _linked(parts, _by_name(requests), elsewhere or {})


def _by_name(requests: Sequence[PhaseRequest]) -> dict[str, PhaseRequest]:
    return {request.phase: request for request in requests}


def _stages(requests: Sequence[PhaseRequest]) -> list[list[Task]]:
    """Chains of one phase each, by stage: phases of one topology whose inputs are in the same stages."""
    number_of: dict[tuple[str, frozenset[int]], int] = {}
    stage_of: dict[str, int] = {}
    stages: list[list[Task]] = []
    for request in requests:
        inputs = frozenset(stage_of[name] for name in request.inputs if name in stage_of)
        number = stage_of[request.phase] = number_of.setdefault((request.topology, inputs), len(stages))
        if number == len(stages):
            stages.append([])
        stages[number].append((request.phase,))
    return stages


def _fused(stages: list[list[Task]], by_name: Mapping[str, PhaseRequest]) -> list[list[Task]]:
    """Stages joined where every phase of the later reads from just one chain of the earlier, and no two from one.

    A phase that waits for nothing but a lone one and what that one waits for goes on in its task.
    """
    fused: list[list[Task]] = []
    waits: list[set[int]] = []  # by stage: the stages that it waits for
    place: dict[str, tuple[int, int]] = {}  # of a phase: its stage and chain
    for chains in stages:
        owners = [
            {place[name] for phase in chain for name in by_name[phase].inputs if name in place} for chain in chains
        ]
        single = [next(iter(found)) for found in owners if len(found) == 1]
        sources = {stage for found in owners for stage, _ in found}
        last = max(sources, default=0)
        if len(single) == len(set(single)) == len(chains) and len(sources) == 1:
            places = single
        elif len(chains) == 1 and sources and len(fused[last]) == 1 and sources <= waits[last] | {last}:
            places = [(last, 0)]
        else:
            places = [(len(fused), at) for at in range(len(chains))]
            fused.append([()] * len(chains))
            waits.append(sources.union(*(waits[stage] for stage in sources)))
        for (stage, position), chain in zip(places, chains, strict=True):
            fused[stage][position] += chain
            place |= dict.fromkeys(chain, (stage, position))
    return fused


def _joined(chains: Sequence[Task]) -> Task:
    return tuple(phase for chain in chains for phase in chain)


def _linked(
    parts: Sequence[Sequence[Task]], by_name: Mapping[str, PhaseRequest], elsewhere: Mapping[str, str]
) -> list[Step]:
    place = {phase: (part, at) for part, tasks in enumerate(parts) for at, task in enumerate(tasks) for phase in task}
    names = [f"{number}-{_stem(tasks[0][0])}" for number, tasks in enumerate(parts, start=1)]
    steps = []
    for part, tasks in enumerate(parts):
        each: dict[int, bool] = {}  # by the part that is read from
        jobs: dict[str, None] = {}
        for at, task in enumerate(tasks):
            for name in (name for phase in task for name in by_name[phase].inputs):
                if name in elsewhere:
                    jobs[elsewhere[name]] = None
                elif name in place and (source := place[name])[0] != part:
                    each[source[0]] = each.get(source[0], True) and source[1] == at
        # A single job has no tasks to wait for one by one.
        pairs = {source: aligned and len(parts[source]) == len(tasks) > 1 for source, aligned in each.items()}
        steps.append(
            Step(
                names[part],
                tuple(tasks),
                after_all=tuple(names[source] for source, paired in pairs.items() if not paired),
                after_each=tuple(names[source] for source, paired in pairs.items() if paired),
                after_jobs=tuple(jobs),
            )
        )
    return steps


def _stem(phase: str) -> str:
    """What the phases of a stage have in common: train-07 is one of train."""
    return re.sub(r"-\d+$", "", phase)


def longest_chain(phases: Sequence[str], by_name: Mapping[str, PhaseRequest]) -> int:
    """How many of these phases, which stand in an order that can be run, must wait for each other."""
    length: dict[str, int] = {}
    for phase in phases:
        length[phase] = 1 + max((length.get(name, 0) for name in by_name[phase].inputs), default=0)
    return max(length.values())


def time_bound_s(phases: Sequence[str], by_name: Mapping[str, PhaseRequest], slots: int) -> float:
    """The longest that these phases can take on `slots` slots if each takes its time limit.

    Work over slots plus the share of the longest chain that cannot be divided: Graham, Bounds on Multiprocessing Timing
    Anomalies, 1969.
    """
    limit_s = max(by_name[phase].limits.time_s for phase in phases)
    chain = longest_chain(phases, by_name) if slots > 1 else 0
    return limit_s * math.ceil(len(phases) / slots + chain * (1 - 1 / slots))

"""The phases that a job itself lists: which there are once each fan-out is spread, and what may be wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from orchestrator.job_file.components import Catalogue, parameter_values
from orchestrator.job_file.errors import KeyPath, shown
from orchestrator.job_file.tree import TreeReport
from orchestrator.shards import shard_names
from phase_worker.contract import check_phase_name, did_you_mean

_LONGEST_NAME = 64  # of a phase; looking for what resembles a longer word is of no use, and slow
_DOTTED = "strategy.params."  # a parameter of the strategy, in an entry of for_each
COMPARISONS = ("at_least", "at_most", "above", "below", "equals")


def member_names(phases: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the phases that each listed one becomes: itself, or, of a fan-out, NAME-01 and so on.

    A phase that goes with each of another's is spread as that one is; there must be no circle.
    """
    names: dict[str, list[str]] = {}
    leaders = {name: [phase["for_each_of"]] if phase["for_each_of"] else [] for name, phase in phases.items()}
    for name in TopologicalSorter(leaders).static_order():
        if name in phases:
            counted = names.get(phases[name]["for_each_of"] or "") or phases[name]["for_each"]
            names[name] = shard_names(name, max(1, len(counted)))
    return {name: names[name] for name in phases}


def waits_for(phase: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """The names of listed phases that this one waits for, each with where it says so."""
    leader: list[tuple[KeyPath, str]] = [(("for_each_of",), phase["for_each_of"])] if phase["for_each_of"] else []
    dependencies: list[tuple[KeyPath, str]] = [
        (("depends_on", index), name) for index, name in enumerate(phase["depends_on"])
    ]
    conditions: list[tuple[KeyPath, str]] = [
        (("when", index, "phase"), each["phase"]) for index, each in enumerate(phase["when"]) if each["phase"]
    ]
    return [*leader, *dependencies, *conditions]


def check_phases(phases: Mapping[str, Any], problems: TreeReport) -> None:
    """Report unsafe names, dependencies that do not exist, circles, fan-outs that do not fit, and empty conditions."""
    before = len(problems.report.problems)
    known = []
    for name in phases:
        with problems.catching(("phases", name), at_key=True):
            known.append(check_phase_name(name))
    for name, phase in phases.items():
        for where, dependency in waits_for(phase):
            if dependency not in phases:
                message = f"there is no phase {shown(dependency)}. {did_you_mean(dependency[:_LONGEST_NAME], known)}"
                problems.add("E-NODEP", ("phases", name, *where), message)
        for index, condition in enumerate(phase["when"]):
            if all(condition[comparison] is None for comparison in COMPARISONS):
                message = f"a condition without a comparison. Expected one or more of {', '.join(COMPARISONS)}"
                problems.add("E-SCHEMA", ("phases", name, "when", index), message)
    _check_circles({name: [other for _, other in waits_for(phases[name])] for name in known}, problems)
    if len(problems.report.problems) == before:
        _check_members(phases, problems)


def _check_circles(graph: Mapping[str, Sequence[str]], problems: TreeReport) -> None:
    while circle := _circle(graph):
        message = f"{'→'.join([*circle, circle[0]])}: each waits for the next, so that none can start"
        problems.add("E-CYCLE", ("phases", circle[0], "depends_on"), message)
        graph = {name: dependencies for name, dependencies in graph.items() if name not in circle}


def _circle(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """The phases of one circle, each before one that it depends on, from the first in the job; or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][:0:-1]  # it begins and ends with the same phase, each before its dependent
        order = list(graph)
        first = min(range(len(circle)), key=lambda index: order.index(circle[index]))
        return circle[first:] + circle[:first]
    return []


def _check_members(phases: Mapping[str, Any], problems: TreeReport) -> None:
    """Report fan-outs of other lengths than those that they go with, and names that two phases would have."""
    members, taken = member_names(phases), dict[str, str]()
    for name, phase in phases.items():
        own, leader = len(phase["for_each"]), phase["for_each_of"]
        if leader and own and own != len(members[leader]):
            message = f"expected {len(members[leader])}, one for each phase of {shown(leader)}, got {own}"
            problems.add("E-SCHEMA", ("phases", name, "for_each"), message)
        with problems.catching(("phases", name), at_key=True):
            check_phase_name(members[name][-1])
        for member in members[name]:
            if (other := taken.setdefault(member, name)) != name:
                message = f"two phases would be called {shown(member)}: {shown(other)} and {shown(name)}. Rename one"
                problems.add("E-ID", ("phases", name), message, at_key=True)


def check_phase_strategies(
    phases: Mapping[str, Any], strategy: str | None, catalogue: Catalogue, problems: TreeReport
) -> None:
    """Report parameters that the strategy of a listed phase, by default the job's, does not have or allow.

    What else a `config` may say, its topology decides.
    """
    for name, phase in phases.items():
        own = _section(phase["config"] or {}, "strategy").get("name", strategy)
        places = [("config",), *(("for_each", index) for index in range(len(phase["for_each"])))]
        for place, settings in zip(places, (phase["config"] or {}, *phase["for_each"]), strict=True):
            named = _section(settings, "strategy").get("name", own)
            if info := catalogue.find("strategy", named if isinstance(named, str) else None):
                for path, params in _given_params(settings):
                    parameter_values(info.parameters, params, ("phases", name, *place, *path), problems)


def _given_params(settings: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """Each set of a strategy's parameters in a phase's settings, with where it stands."""
    strategy = _section(settings, "strategy")
    yield ("strategy", "params"), _section(strategy, "params")
    trials = strategy.get("trials")
    for index, trial in enumerate(trials if isinstance(trials, list) else []):
        yield ("strategy", "trials", index), trial if isinstance(trial, dict) else {}
    for key, value in settings.items():
        if key.startswith(_DOTTED):
            yield ("strategy", "params"), {key.removeprefix(_DOTTED): value}


def _section(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, dict) else {}

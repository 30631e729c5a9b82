"""Looks up the components that a job names, and holds what the job gives them against what they declare."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.grid import StrategyChoice, expand_grid
from orchestrator.job_file.errors import KeyPath, shown
from orchestrator.job_file.tree import TreeReport
from phase_worker.contract import did_you_mean
from phase_worker.discovery import (
    ComponentInfo,
    ComponentRegistry,
    Float,
    Parameter,
    get_component_registry,
    parse_constraint,
)


class Catalogue:
    """The components that a job can name; a file of them that cannot be read is a problem of its `plugins`."""

    def __init__(self, plugins: Sequence[Path], problems: TreeReport) -> None:
        self._problems = problems
        self._known: dict[str, dict[str, ComponentInfo] | None] = {}
        self._registry: ComponentRegistry | None = None
        with problems.catching(("plugins",)):
            self._registry = get_component_registry(plugins)

    def of_type(self, component_type: str) -> dict[str, ComponentInfo] | None:
        """The components of a type by name, None where they cannot be told."""
        if self._registry is not None and component_type not in self._known:
            self._known[component_type] = None
            with self._problems.catching(("plugins",)):
                components = self._registry.get_components_by_type(component_type)
                self._known[component_type] = {info.name: info for info in components}
        return self._known.get(component_type)

    def find(self, component_type: str, name: str | None) -> ComponentInfo | None:
        """The component of that name; None where there is none, or no name."""
        return (self.of_type(component_type) or {}).get(name or "")


def strategy_choice(
    given: Mapping[str, Any], info: ComponentInfo, problems: TreeReport, path: KeyPath = ("strategy",)
) -> StrategyChoice:
    """The strategy with a value for each parameter, and its own grid where neither params nor grid is given."""
    declared = info.parameters
    grid = given["grid"] or {}
    if given["params"] is None and given["grid"] is None:
        grid = {name: parameter.grid for name, parameter in declared.items() if parameter.grid}
    own_constraints = info.metadata.get("constraints", ())
    choice = StrategyChoice(
        name=info.name,
        params=parameter_values(declared, given["params"] or {}, (*path, "params"), problems),
        grid=_grid_values(declared, grid, (*path, "grid"), problems),
        constraints=tuple(dict.fromkeys((*own_constraints, *given["constraints"]))),
    )
    for index, text in enumerate(given["constraints"]):
        with problems.catching((*path, "constraints", index)):
            parse_constraint(text, choice.numeric)
    if not problems.report.problems:
        with problems.catching((*path, "grid")):
            expand_grid(choice)
    return choice


def parameter_values(
    declared: Mapping[str, Parameter], given: Mapping[str, Any], path: KeyPath, problems: TreeReport
) -> dict[str, Any]:
    """A value for every declared parameter, in their order: the given one, else the default."""
    _check_names(declared, given, path, problems)
    return {
        name: _value(parameter, given.get(name, parameter.default), (*path, name), problems)
        for name, parameter in declared.items()
    }


def _grid_values(
    declared: Mapping[str, Parameter], given: Mapping[str, Sequence[Any]], path: KeyPath, problems: TreeReport
) -> dict[str, tuple[Any, ...]]:
    _check_names(declared, given, path, problems)
    return {
        name: tuple(_value(declared[name], value, (*path, name, index), problems) for index, value in enumerate(values))
        for name, values in given.items()
        if name in declared
    }


def _check_names(declared: Mapping[str, Parameter], given: Iterable[str], path: KeyPath, problems: TreeReport) -> None:
    for name in given:
        if name not in declared:
            message = f"unknown parameter {shown(name)}. {did_you_mean(name, declared)}"
            problems.add("E-SCHEMA", (*path, name), message, at_key=True)


def _value(parameter: Parameter, value: Any, path: KeyPath, problems: TreeReport) -> Any:
    if problem := parameter.problem(value):
        problems.add("E-SCHEMA", path, problem)
        return parameter.default
    # 0 and 0.0 are one value, and so must be one request
    return float(value) if isinstance(parameter, Float) else value

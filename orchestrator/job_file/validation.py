"""Holds a job's tree against the schema: gives plain values with all defaults, and reports what does not fit."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from orchestrator.job_file.errors import KeyPath, shown
from orchestrator.job_file.kinds import Field, Free, Many, Name, Section, Table, Text
from orchestrator.job_file.tree import UNREADABLE, Node, TreeReport
from phase_worker.contract import did_you_mean


@dataclass(frozen=True, slots=True)
class Validation:
    """One pass over a tree; `known_names` gives the names of a component type, None where they cannot be told."""

    problems: TreeReport
    known_names: Callable[[str], Collection[str] | None]

    def value(self, field: Field, node: Node | None, path: KeyPath = ()) -> Any:
        """The value of `field` at `path`; where there is a problem, None, of a list or section its default."""
        if node is None:
            if field.required:
                self.problems.add("E-SCHEMA", path, f"missing. Expected {field.expected}: {field.doc}")
            return field.if_absent
        if node.value is UNREADABLE or (node.value is None and field.default is None):
            return _if_wrong(field)
        return self._given(field, node, path)

    def _given(self, field: Field, node: Node, path: KeyPath) -> Any:
        match field, node.value:
            case Section(), dict(nodes):
                return self._section(field, nodes, path)
            case Section(), given if field.is_short(given):  # within another; at the top it is written out before
                return self._section(field, {field.short_for: node}, path)
            case Table(), dict(nodes):
                values = {key: self.value(field.item, child, (*path, key)) for key, child in nodes.items()}
                return {key: value for key, value in values.items() if value is not None}
            case Many(), list(nodes) if len(nodes) >= field.at_least:
                items = [self.value(field.item, child, (*path, index)) for index, child in enumerate(nodes)]
                return tuple(item for item in items if item is not None)
            case Free(), dict():
                return node.plain()
        return self._scalar(field, node.value, path)

    def _section(self, section: Section, nodes: dict[str, Node], path: KeyPath) -> dict[str, Any]:
        for key in nodes:
            if key not in section.fields:
                message = f"unknown key {shown(key)}. {did_you_mean(key, section.fields)}"
                self.problems.add("E-SCHEMA", (*path, key), message, at_key=True)
        return {name: self.value(field, nodes.get(name), (*path, name)) for name, field in section.own_fields.items()}

    def _scalar(self, field: Field, value: Any, path: KeyPath) -> Any:
        accepted = field.accepted(value)
        if accepted is None:
            self.problems.add("E-SCHEMA", path, f"expected {field.expected}, got {_got(value)}")
            return _if_wrong(field)
        known = self._known(field)
        if known is not None and accepted not in known:
            what = field.component if isinstance(field, Name) else "value"
            self.problems.add("E-SCHEMA", path, f"unknown {what} {shown(value)}. {did_you_mean(value, known)}")
            return None
        return accepted

    def _known(self, field: Field) -> Collection[str] | None:
        if isinstance(field, Name):
            return self.known_names(field.component)
        return field.options if isinstance(field, Text) and field.options else None


def _if_wrong(field: Field) -> Any:
    # A wrong name must not count as the default one, but what loops over a list or looks into a section must go on.
    return field.if_absent if isinstance(field, Section | Many) else None


def _got(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list" if value else "an empty list"
    return shown(value)

"""A job as a tree of nodes that know where they stand, whether it came from a file or a dict."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.job_file.errors import KeyPath, Place, Report, shown
from orchestrator.job_file.scalars import ScalarError, checked
from phase_worker.contract import ConfigError

MAX_DEPTH = 32

# The value of a node that could not be read; its problem is in the report already.
UNREADABLE: Final = object()


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list of nodes, a dict of nodes, or UNREADABLE; `key_place` is where its key stands."""

    value: Any
    place: Place
    key_place: Place

    def get(self, path: KeyPath) -> "Node | None":
        """The node at `path`, if there is one."""
        node = self
        for key in path:
            try:
                node = node.value[key]
            except (LookupError, TypeError):
                return None
        return node

    def nearest(self, path: KeyPath) -> "Node":
        """The node at `path`, or the one that should hold it."""
        while (node := self.get(path)) is None:
            path = path[:-1]
        return node

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        return [child.plain() for child in self.value] if isinstance(self.value, list) else self.value

    def overlaid(self, over: "Node") -> "Node":
        """This tree with what `over` has in place of its own; mappings are joined key by key."""
        if not isinstance(self.value, dict) or not isinstance(over.value, dict):
            return over
        own = self.value
        both = {name: own[name].overlaid(node) if name in own else node for name, node in over.value.items()}
        return replace(over, value=own | both)

    def without(self, key: str) -> "Node":
        """This mapping without one of its keys."""
        return replace(self, value={name: child for name, child in self.value.items() if name != key})

    def put(self, path: KeyPath, new: "Node") -> "Node":
        """This tree with `new` at `path`; raises TypeError where something other than a mapping is in the way."""
        if not path:
            return new
        if not isinstance(self.value, dict):
            raise TypeError
        child = self.value.get(path[0], Node({}, new.place, new.key_place))
        return replace(self, value={**self.value, path[0]: child.put(path[1:], new)})


@dataclass(frozen=True, slots=True)
class TreeReport:
    """Reports problems by key path; the tree tells the place."""

    root: Node
    report: Report

    def add(self, code: str, path: KeyPath, message: str, *, at_key: bool = False) -> None:
        """A problem of the value, or of the key, at `path`; where there is none, of what should hold it."""
        node = self.root.nearest(path)
        self.report.add(code, node.key_place if at_key else node.place, message, path)

    @contextmanager
    def catching(self, path: KeyPath, *, at_key: bool = False) -> Iterator[None]:
        """A ConfigError raised within is a problem at `path`."""
        try:
            yield
        except ConfigError as error:
            message = f"{error.where}: {error.message}" if error.where else error.message
            self.add(error.code, path, message, at_key=at_key)


def mapping_tree(value: Any, report: Report, path: KeyPath = ()) -> Node:
    """The tree of a job given as a dict; its places have no lines, its problems have key paths."""
    place = Place("job")
    if len(path) > MAX_DEPTH:
        report.stop("E-DEPTH", place, f"nested more than {MAX_DEPTH} deep", path)
    plain: Any = UNREADABLE
    match value:
        case Mapping():
            for key in value:
                _check_key(key, place, path, report)
            plain = {str(key): mapping_tree(child, report, (*path, str(key))) for key, child in value.items()}
        case list() | tuple():
            plain = [mapping_tree(child, report, (*path, index)) for index, child in enumerate(value)]
        case None | bool() | int() | float() | str() | Path():
            try:
                plain = checked(_json_scalar(value))
            except ScalarError as error:
                report.add(error.code, place, str(error), path)
        case _:
            expected = "expected text, a number, true, false, None, a list or a mapping"
            report.add("E-SCHEMA", place, f"{expected}, got {type(value).__name__}", path)
    return Node(plain, place, place)


def _json_scalar(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    # numpy's float64 is a float, but cannot be written as JSON
    return float(value) if isinstance(value, float) else value


def _check_key(key: Any, place: Place, path: KeyPath, report: Report) -> None:
    try:
        if not isinstance(key, str):
            raise ScalarError("E-SCHEMA", f"a key must be text, got {shown(key)}")
        checked(key)
    except ScalarError as error:
        report.add(error.code, place, str(error), path)

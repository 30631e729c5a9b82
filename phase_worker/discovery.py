"""The component registry: what there is of each type, read from source files without importing them.

A component is a module-level function or class under one of the decorators below. Its declaration (name, parameters,
metadata) is made of literals, so the registry reads it from the syntax tree: the orchestrator can check a job against
a strategy without importing numpy or a user's code, which are imported only in the phase.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from phase_worker.constraints import parse_constraint
from phase_worker.contract.errors import ComponentError, did_you_mean
from phase_worker.contract.plugin_files import plugin_files
from phase_worker.declarations import COMPONENT_HOMES, ComponentInfo, declarations, own_declarations
from phase_worker.parameters import Choice, Float, Int, Parameter

__all__ = [
    "COMPONENT_HOMES",
    "Choice",
    "ComponentInfo",
    "ComponentRegistry",
    "Float",
    "Int",
    "Parameter",
    "bar_source",
    "classifier",
    "extractor",
    "feature",
    "get_component_registry",
    "installed_plugins",
    "parse_constraint",
    "sizer",
    "strategy",
    "topology",
    "workflow",
]

ENTRY_POINT_GROUP = "daybreak.plugins"

Component = TypeVar("Component", bound=Callable[..., Any])
Decorator = Callable[[Component], Component]


def _decorator(component_type: str) -> Callable[..., Callable[[Component], Component]]:
    def declare(*, name: str, **metadata: Any) -> Callable[[Component], Component]:
        def mark(component: Component) -> Component:
            return component

        return mark

    declare.__name__ = component_type
    declare.__doc__ = f"Declare a {component_type}; arguments are literals, since the registry reads them unimported."
    return declare


workflow = _decorator("workflow")
topology = _decorator("topology")
extractor = _decorator("extractor")
strategy = _decorator("strategy")
feature = _decorator("feature")
sizer = _decorator("sizer")
bar_source = _decorator("bar_source")
classifier = _decorator("classifier")


class ComponentRegistry:
    """Finds components by type and name; names are unique per type."""

    def __init__(self) -> None:
        self._components: dict[str, dict[str, ComponentInfo]] = {}
        self._taken_in: set[str | Path] = set()

    def discover(self, package: str) -> None:
        """Add what the files of one of Daybreak's own packages declare (not of its subpackages)."""
        if package not in self._taken_in:
            self._add(own_declarations(package))
            self._taken_in.add(package)

    def add_plugin(self, path: Path) -> None:
        """Add what a user's file, or every file in a user's directory, declares."""
        if not path.exists():
            raise ComponentError("there is no such plugin file or directory", where=str(path))
        for file in plugin_files(path.resolve()):
            if file not in self._taken_in:
                self._add(declarations(file))
                self._taken_in.add(file)

    def get_components_by_type(self, component_type: str) -> list[ComponentInfo]:
        """All components of `component_type`, by name."""
        return [info for _, info in sorted(self._of_type(component_type).items())]

    def get(self, component_type: str, name: str) -> ComponentInfo:
        """The component called `name`; raises ComponentError with the known names."""
        known = self._of_type(component_type)
        if name not in known:
            raise ComponentError(f"unknown {component_type} '{name}'. {did_you_mean(name, known)}")
        return known[name]

    def _of_type(self, component_type: str) -> dict[str, ComponentInfo]:
        if component_type not in COMPONENT_HOMES:
            raise ComponentError(
                f"unknown component type '{component_type}'. {did_you_mean(component_type, COMPONENT_HOMES)}"
            )
        self.discover(COMPONENT_HOMES[component_type])
        return self._components.get(component_type, {})

    def _add(self, infos: Iterable[ComponentInfo]) -> None:
        """Add all of them, or none if one has a name that is taken."""
        found: dict[tuple[str, str], ComponentInfo] = {}
        for info in infos:
            key = (info.type, info.name)
            if (other := found.get(key) or self._components.get(info.type, {}).get(info.name)) is not None:
                raise ComponentError(
                    f"{info.type} '{info.name}' is declared twice, the first time at {other.where}. "
                    "Names are unique per type: rename one.",
                    where=info.where,
                )
            found[key] = info
        for (component_type, name), info in found.items():
            self._components.setdefault(component_type, {})[name] = info


_registry: ComponentRegistry | None = None


def get_component_registry(plugins: Iterable[Path] | None = None) -> ComponentRegistry:
    """A registry of Daybreak's own components and those of `plugins`; without an argument, of all that is installed."""
    global _registry
    if plugins is None and _registry is not None:
        return _registry
    registry = ComponentRegistry()
    for path in installed_plugins() if plugins is None else plugins:
        registry.add_plugin(path)
    if plugins is None:
        _registry = registry
    return registry


def installed_plugins() -> list[Path]:
    """The files and directories that installed packages name under the entry point group `daybreak.plugins`."""
    if not any(ENTRY_POINT_GROUP.encode() in file.read_bytes() for file in _entry_point_files()):
        return []
    from importlib.metadata import entry_points  # noqa: PLC0415 -- takes longer than the rest of most commands

    return [_locate(entry.value, entry.name) for entry in sorted(entry_points(group=ENTRY_POINT_GROUP))]


def _entry_point_files() -> Iterator[Path]:
    """Where installed distributions name their entry points."""
    for folder in sys.path:
        yield from Path(folder or ".").glob("*.dist-info/entry_points.txt")
        yield from Path(folder or ".").glob("*.egg-info/entry_points.txt")


def _locate(module: str, entry_name: str) -> Path:
    """The file or directory of an entry point's module, found without importing it."""
    top, *rest = module.partition(":")[0].split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        raise ComponentError(f"entry point '{entry_name}' names module '{module}', which is not installed")
    origin = Path(spec.origin)
    path = (origin.parent if origin.name == "__init__.py" else origin).joinpath(*rest)
    return path if path.exists() else path.with_suffix(".py")

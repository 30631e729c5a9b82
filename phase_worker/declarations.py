"""Declarations of components, read from the syntax tree of a file without importing it."""

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from phase_worker.contract.errors import ComponentError
from phase_worker.parameters import PARAMETER_KINDS, Parameter

# Each type of component, and the package that Daybreak's own ones live in.
COMPONENT_HOMES = {
    "workflow": "orchestrator.workflows",
    "topology": "topologies",
    "extractor": "extractors",
    "strategy": "topologies.components.strategies",
    "feature": "topologies.components.features",
    "sizer": "topologies.components.risk",
    "bar_source": "topologies.components.data",
    "classifier": "topologies.components.regimes",
}
_NOT_IN_NAMES = re.compile(r"\W")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ComponentInfo:
    """One declared component; reading `factory` imports the file that declares it."""

    type: str
    name: str
    file: Path
    line: int
    attribute: str
    module: str  # importable name, or "" for a user's file
    doc: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def own(self) -> bool:
        """Whether it is one of Daybreak's own."""
        return bool(self.module)

    def prepare(self) -> None:
        """Do what importing a user's file does before it runs the file; an error waits until it is imported."""
        if not self.own:
            with suppress(OSError, SyntaxError, ValueError):
                _prepared(self.file, self.file.read_bytes())

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The declared parameter space, in order of declaration."""
        return dict(self.metadata.get("params", {}))

    @property
    def factory(self) -> Callable[..., Any]:
        """The function or class itself."""
        loaded: Callable[..., Any] = getattr(_import_file(self.file, self.module), self.attribute)
        return loaded


@cache
def own_declarations(package: str) -> tuple[ComponentInfo, ...]:
    """What the files of one of Daybreak's own packages declare (not of its subpackages).

    They do not change while it runs, so they are read once: a fork server's children have them from it.
    """
    folder = Path(__file__).resolve().parent.parent.joinpath(*package.split("."))
    files = sorted(folder.glob("*.py"))
    return tuple(info for file in files for info in declarations(file, f"{package}.{file.stem}"))


def declarations(file: Path, module: str = "") -> Iterator[ComponentInfo]:
    """What `file` declares, in order; `module` is its importable name, or "" for a user's file."""
    source = file.read_bytes()
    if b"phase_worker.discovery" not in source:  # where the decorators come from
        return
    try:
        tree = ast.parse(source, filename=str(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, problem = getattr(error, "lineno", None) or 1, str(error) or "nested too deeply"
        raise ComponentError(f"cannot be read as Python: {problem}", where=f"{file}:{line}") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if (component_type := _called_name(decorator)) in COMPONENT_HOMES:
                    yield _declaration(component_type, decorator, node, file, module)


def _declaration(
    component_type: str, call: ast.expr, node: ast.FunctionDef | ast.ClassDef, file: Path, module: str
) -> ComponentInfo:
    where = f"{file}:{call.lineno}"
    if not isinstance(call, ast.Call) or call.args or any(keyword.arg is None for keyword in call.keywords):
        raise ComponentError(f"write @{component_type}(name='...', ...): keyword arguments only", where=where)
    try:
        metadata = {str(keyword.arg): _literal(keyword.value) for keyword in call.keywords}
    except (ValueError, TypeError) as error:
        raise ComponentError(
            f"the arguments of @{component_type} must be literals, or Int(), Float(), Choice() of literals ({error}): "
            "they are read without importing the file",
            where=where,
        ) from None
    name = metadata.pop("name", None)
    if not isinstance(name, str):
        raise ComponentError(f"write @{component_type}(name='...', ...): the name is missing", where=where)
    if not _NAME.fullmatch(name):
        raise ComponentError(
            f"the name {name[:80]!r} is not allowed. Allowed: a letter, then up to 39 letters, digits, '_' or '-': it "
            "becomes part of file names.",
            where=where,
        )
    return ComponentInfo(
        component_type, name, file, node.lineno, node.name, module, ast.get_docstring(node) or "", metadata
    )


def _literal(node: ast.expr) -> Any:
    """Evaluate a literal, or a literal container, or a parameter kind called with literals."""
    kinds = {kind.__name__: kind for kind in PARAMETER_KINDS}
    if isinstance(node, ast.Call) and (name := _called_name(node)) in kinds:
        arguments = [_literal(argument) for argument in node.args]
        keywords = {str(keyword.arg): _literal(keyword.value) for keyword in node.keywords}
        return kinds[name](*arguments, **keywords)
    if isinstance(node, ast.Dict):
        return {_literal(k): _literal(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    return ast.literal_eval(node)


def _called_name(node: ast.expr) -> str:
    """The last part of a name, or of the name that is called: `strategy` of `@discovery.strategy(…)`."""
    if isinstance(node, ast.Call):
        return _called_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _prepared(file: Path, source: bytes) -> tuple[ModuleType, CodeType]:
    """A module that is still empty, and what fills it."""
    spec = importlib.util.spec_from_file_location(_module_name(file), file)
    assert spec is not None  # a .py file always has one
    return importlib.util.module_from_spec(spec), compile(source, file, "exec", dont_inherit=True)


def _module_name(file: Path) -> str:
    return "daybreak_plugin_" + _NOT_IN_NAMES.sub("_", str(file))


def _import_file(file: Path, module: str) -> ModuleType:
    name = module or _module_name(file)
    if name in sys.modules:
        return sys.modules[name]
    try:
        if module:
            return importlib.import_module(module)
        loaded, code = _prepared(file, file.read_bytes())
        sys.modules[name] = loaded
        exec(code, loaded.__dict__)  # noqa: S102 -- as an import does
    except Exception as error:
        sys.modules.pop(name, None)
        raise ComponentError(f"importing it failed: {type(error).__name__}: {error}", where=str(file)) from error
    return loaded

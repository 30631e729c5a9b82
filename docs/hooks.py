"""What the build writes into the pages: references, made from the definitions that the program itself uses.

A line `<!-- generated: NAME -->` of a page is replaced by what the function NAME of `_GENERATED` returns.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator.cli import COMMANDS
from orchestrator.cluster.placement import PLACEMENT
from orchestrator.job_file.kinds import Field, Many, Quantity, Section, ShortFor, Table
from orchestrator.job_file.schema import JOB
from phase_worker.discovery import COMPONENT_HOMES, ComponentInfo, ComponentRegistry, Parameter

ROOT = Path(__file__).parents[1]
_MARKER = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
_ACTION = re.compile(r"^ {2,4}([a-z]+) ", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs calls this with every page."""
    return _MARKER.sub(lambda marker: _GENERATED[marker[1]](), markdown)


# --- the job file ----------------------------------------------------------------------------------------------------


def job_keys() -> str:
    """All keys in one table, then one table per key that is a mapping."""
    sections = {name: field for name, field in JOB.fields.items() if _keys_of(field)}
    parts = [_field_table(_rows(JOB.fields, linked=sections))]
    for name, field in sections.items():
        parts += [f"### `{name}` {{ #{name} }}", field.doc, *_short_form(name, field), _field_table(_nested(field))]
    return "\n\n".join(parts)


def site_file_keys() -> str:
    """The keys of a cluster's site file."""
    return _field_table(_rows(PLACEMENT.fields))


def _keys_of(field: Field) -> dict[str, Field]:
    """The keys of a mapping, or of each item of a table of mappings."""
    if isinstance(field, Section):
        return dict(field.fields)
    return _keys_of(field.item) if isinstance(field, Table) else {}


def _short_form(name: str, field: Field) -> Iterator[str]:
    if isinstance(field, Section) and field.short_for:
        yield f"`{name}: X` is short for `{name}: {{{field.short_for}: X}}`."


def _nested(field: Field, prefix: str = "") -> Iterator[list[str]]:
    """The keys within, however deep; those of a list at the top are keys of the job itself, and listed there."""
    if isinstance(field, Table) or (isinstance(field, Many) and prefix):
        prefix += "NAME." if isinstance(field, Table) else ""
        field = field.item
    if isinstance(field, Section):
        for name, inner in field.fields.items():
            if not isinstance(inner, Section):
                yield from _rows({prefix + name: inner})
            yield from _nested(inner, f"{prefix}{name}.")


def _rows(fields: dict[str, Field], linked: dict[str, Field] | None = None) -> Iterator[list[str]]:
    for name, field in fields.items():
        shown = f"[`{name}`](#{name})" if linked and name in linked else f"`{name}`"
        yield [shown, _default(field), _expected(field), field.doc]


def _field_table(rows: Iterator[list[str]]) -> str:
    return _table(["key", "default", "what may stand there", "meaning"], rows)


def _default(field: Field) -> str:
    if field.required:
        return "**required**"
    if isinstance(field, Section | ShortFor) or field.default in (None, ()):
        return ""
    if isinstance(field, Quantity):
        return f"`{_in_units(field)}`"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _in_units(field: Quantity) -> str:
    unit, worth = max(((u, w) for u, w in field.units.items() if field.default % w == 0), key=lambda pair: pair[1])
    return f"{field.default / worth:g}{unit}"


def _expected(field: Field) -> str:
    if isinstance(field, ShortFor):
        return f"see `{'.'.join(field.target)}`"
    if isinstance(field, Many):
        return f"{field.expected}; each: {field.item.expected}"
    return "a mapping" if _keys_of(field) else field.expected


# --- components ------------------------------------------------------------------------------------------------------


def components() -> str:
    """Every component that comes with Daybreak, by type."""
    registry = ComponentRegistry()
    parts = []
    for component_type, package in COMPONENT_HOMES.items():
        infos = registry.get_components_by_type(component_type)
        parts += [
            f"## {component_type.replace('_', ' ').capitalize()} {{ #{component_type} }}",
            f"In `{package.replace('.', '/')}/`.",
            _component_table(infos),
        ]
    return "\n\n".join(parts)


def _component_table(infos: list[ComponentInfo]) -> str:
    if any(info.parameters for info in infos):
        return _table(["name", "parameters", "what it does"], map(_component_row, infos))
    return _table(["name", "what it does"], ([f"`{info.name}`", _one_line(info.doc)] for info in infos))


def _component_row(info: ComponentInfo) -> list[str]:
    parameters = [f"`{name}` = {_parameter(parameter)}" for name, parameter in info.parameters.items()]
    constraints = [f"`{constraint}`" for constraint in info.metadata.get("constraints", ())]
    return [f"`{info.name}`", "<br>".join(parameters + constraints), _one_line(info.doc)]


def _parameter(parameter: Parameter) -> str:
    allowed = ", ".join(parameter.options) if hasattr(parameter, "options") else f"{parameter.low} … {parameter.high:g}"
    grid = f"; grid {', '.join(map(str, parameter.grid))}" if parameter.grid else ""
    return f"{parameter.default} ({allowed}{grid})"


# --- commands --------------------------------------------------------------------------------------------------------


def commands() -> str:
    """What each command, and each action of one, says of itself with --help."""
    parts = ["```text", _help_of(()), "```"]
    for command in COMMANDS:
        text = _help_of((command,))
        parts += [f"## daybreak {command}", "```text", text, "```"]
        for action in dict.fromkeys(_ACTION.findall(text)):
            words = (command, action)
            if (of_action := _help_of(words)).startswith(f"usage: daybreak {' '.join(words)} "):
                parts += [f"### daybreak {' '.join(words)}", "```text", of_action, "```"]
    return "\n".join(parts)


@cache
def _help_of(words: tuple[str, ...]) -> str:
    """By a process, as a user asks for it; what is not a command's word is told of on stderr."""
    command = [sys.executable, "-m", "orchestrator", *words, "--help"]
    width = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=ROOT, env=width, capture_output=True, text=True, check=False).stdout.strip()


# --- performance -----------------------------------------------------------------------------------------------------


def benchmark_summary() -> str:
    """The README's table."""
    found = re.search(r"<!-- benchmarks -->\n(.*?)<!-- /benchmarks -->", _read("README.md"), re.DOTALL)
    assert found is not None
    return found[1]


def benchmarks() -> str:
    """The page of the benchmarks from its first section on; what it links to is not part of these pages."""
    _, heading, sections = _read("benchmarks/README.md").partition("\n## ")
    return re.sub(r"\[([^]]+)\]\((?!http)[^)]+\)", r"\1", heading + sections)


def _read(name: str) -> str:
    return (ROOT / name).read_text()


# --- Markdown --------------------------------------------------------------------------------------------------------


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)


def _one_line(doc: str) -> str:
    return " ".join(doc.split())


_GENERATED: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (job_keys, site_file_keys, components, commands, benchmark_summary, benchmarks)
}

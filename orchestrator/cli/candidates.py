"""What can stand in place of the last of the words of a command that is being typed."""

from argparse import Action
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from orchestrator.cli import COMMANDS
from orchestrator.cli.command_parser import CommandParser

_JOB_FILES = {".yaml", ".yml", ".json"}
_TRACE_ACTIONS = ("summary", "events", "chain", "verify", "timeline")  # its parser is in a process that reads events


def candidates(words: Sequence[str]) -> list[str]:
    """Those that begin as the last word does; none where nothing is known."""
    *before, current = words or [""]
    return sorted(word for word in set(_possible(before, current)) if word.startswith(current))


def _possible(before: Sequence[str], current: str) -> Iterable[str]:
    if not before:
        return [*COMMANDS, "--help", "--version"]
    command, *rest = before
    if command == "trace":
        return _paths(current) if rest else _TRACE_ACTIONS
    if command not in COMMANDS:
        return []
    parsers = getattr(import_module(f"orchestrator.cli.{command}"), "PARSERS", {})
    action, rest = ("", rest) if "" in parsers else ((rest or [""])[0], rest[1:])
    if action not in parsers:
        return parsers
    return _arguments(parsers[action](), command, rest, current)


def _arguments(parser: CommandParser, command: str, before: Sequence[str], current: str) -> Iterable[str]:
    if current.startswith("-"):
        return parser.options
    expected = parser.expected(before)
    if expected is None:
        return parser.options
    if expected.choices is not None:
        return map(str, expected.choices)
    by_kind: dict[str, Callable[[], Iterable[str]]] = {
        "JOB": lambda: _paths(current, _JOB_FILES),
        "FILE": lambda: _paths(current),
        "DIR": lambda: _paths(current, set()),
        "WORKFLOW_ID": lambda: _workflow_ids(command, before),
        "RUN": lambda: _workflow_ids(command, before),
        "TYPE": _component_types,
        "KEY.PATH=VALUE": lambda: _settings(current),
    }
    return by_kind.get(_kind(expected), list)()


def _kind(expected: Action) -> str:
    return expected.metavar if isinstance(expected.metavar, str) else ""


def _paths(current: str, suffixes: set[str] | None = None) -> Iterator[str]:
    """Folders, with a slash behind them, and files with one of these endings; or all files."""
    typed, _, _ = current.rpartition("/")
    folder = Path(f"{typed}/" if "/" in current else ".").expanduser()
    if folder.is_dir():
        for path in folder.iterdir():
            name = current[: len(current) - len(current.rpartition("/")[2])] + path.name
            if path.is_dir():
                yield f"{name}/"
            elif suffixes is None or path.suffix in suffixes:
                yield name


def _workflow_ids(command: str, before: Sequence[str]) -> Iterator[str]:
    """Of the jobs in the queue, or of the runs."""
    if command in {"queue", "submit"}:
        queue = Path(_value_of("--queue", before, "jobs"))
        for pattern in ("[!.]*/[!.]*.json", "active/*/*.json"):
            yield from (path.name.removesuffix(".json") for path in queue.glob(pattern))
    else:
        traces = Path(_value_of("--traces", before, "traces"))
        yield from (path.parent.name for path in traces.glob("*/run.json"))


def _value_of(option: str, before: Sequence[str], default: str) -> str:
    return before[before.index(option) + 1] if option in before[:-1] else default


def _component_types() -> Iterable[str]:
    from phase_worker.discovery import COMPONENT_HOMES

    return COMPONENT_HOMES


def _settings(current: str) -> Iterable[str]:
    """Keys of a job; behind a key, its values where they can be told."""
    from orchestrator.job_file.kinds import Field, Flag, Name, Section, ShortFor, Text
    from orchestrator.job_file.schema import JOB

    def keys(section: Section, above: str) -> Iterator[tuple[str, Field]]:
        for name, field in section.fields.items():
            yield above + name, field
            if isinstance(field, Section):
                yield from keys(field, f"{above}{name}.")

    fields = dict(keys(JOB, ""))
    key, equals, _ = current.partition("=")
    if not equals:
        return [f"{name}=" for name, field in fields.items() if not isinstance(field, Section) or field.short_for]
    field = fields.get(key)
    if isinstance(field, Section) and field.short_for:
        field = field.fields[field.short_for]
    if isinstance(field, Name):
        from phase_worker.discovery import get_component_registry

        values = [info.name for info in get_component_registry().get_components_by_type(field.component)]
    elif isinstance(field, Flag):
        values = ["true", "false"]
    elif isinstance(field, ShortFor) or key == "data.file":
        values = list(_paths(current.partition("=")[2]))
    else:
        values = list(field.options) if isinstance(field, Text) else []
    return [f"{key}={value}" for value in values]

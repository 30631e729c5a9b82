"""`daybreak schema`: prints the JSON Schema of job files."""

import json

from orchestrator.cli.command_parser import CommandParser
from orchestrator.job_file.json_schema import job_json_schema
from phase_worker.discovery import COMPONENT_HOMES, get_component_registry, installed_plugins


def main(arguments: list[str]) -> int:
    """With the names of Daybreak's own components and those of installed plugins."""
    _parser().parse_args(arguments)
    registry = get_component_registry(installed_plugins())
    names = {kind: [info.name for info in registry.get_components_by_type(kind)] for kind in COMPONENT_HOMES}
    print(json.dumps(job_json_schema(names), indent=2))
    return 0


def _parser() -> CommandParser:
    return CommandParser(
        "schema",
        "Print the JSON Schema of job files, for an editor, which finds it by the first line of a job file:\n"
        "# yaml-language-server: $schema=daybreak.schema.json",
        ["daybreak schema > daybreak.schema.json"],
    )


PARSERS = {"": _parser}

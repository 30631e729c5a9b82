"""`daybreak components`: lists what a job can name."""

from orchestrator.cli.command_parser import CommandParser
from phase_worker.discovery import COMPONENT_HOMES, ComponentInfo, get_component_registry


def main(arguments: list[str]) -> int:
    """One line per component: its type, its name with the defaults of its parameters, and what it does."""
    wanted = _parser().parse_args(arguments).type
    registry = get_component_registry()
    for component_type in [wanted] if wanted else COMPONENT_HOMES:
        for info in registry.get_components_by_type(component_type):
            print(_line(info))
    return 0


def _line(info: ComponentInfo) -> str:
    params = ", ".join(f"{name}={parameter.default}" for name, parameter in info.parameters.items())
    summary = info.doc.partition("\n")[0]
    return f"{info.type:<11} {info.name + (f'({params})' if params else ''):<44} {summary}".rstrip()


def _parser() -> CommandParser:
    parser = CommandParser(
        "components",
        "List the components there are, of TYPE or of every type.",
        ["daybreak components", "daybreak components strategy"],
    )
    parser.add_argument("type", nargs="?", metavar="TYPE", help=", ".join(COMPONENT_HOMES))
    return parser


PARSERS = {"": _parser}

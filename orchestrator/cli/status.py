"""`daybreak status`: shows the runs in the output directory, or the phases of one."""

from orchestrator.cli.command_parser import CommandParser
from orchestrator.status import list_runs, show_run


def main(arguments: list[str]) -> int:
    """The latest run last; of one run, its phases as far as they have ended."""
    options = _parser().parse_args(arguments)
    print(show_run(options.traces, options.workflow_id) if options.workflow_id else list_runs(options.traces))
    return 0


def _parser() -> CommandParser:
    parser = CommandParser(
        "status",
        "Show the runs in the output directory, or the phases of one run.",
        ["daybreak status", "daybreak status my-run"],
    )
    parser.add_argument("workflow_id", nargs="?", metavar="WORKFLOW_ID", help="the run to show")
    parser.add_traces()
    return parser


PARSERS = {"": _parser}

"""`daybreak logs`: shows the logs of a run's phases, merged by time."""

import os

from orchestrator.cli.command_parser import CommandParser
from orchestrator.logs import merged_logs


def main(arguments: list[str]) -> int:
    """Each line comes after its phase's name."""
    options = _parser().parse_args(arguments)
    try:
        for line in merged_logs(options.traces, options.workflow_id, follow=options.follow):
            print(line, flush=options.follow)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _parser() -> CommandParser:
    parser = CommandParser(
        "logs", "Show the logs of a run's phases, merged by time.", ["daybreak logs my-run", "daybreak logs my-run -f"]
    )
    parser.add_argument("workflow_id", metavar="WORKFLOW_ID", help="the run")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")
    parser.add_traces()
    return parser


PARSERS = {"": _parser}

"""`daybreak check JOB…`: checks job files without running them."""

import sys
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser
from orchestrator.cli.exit_codes import EXIT_USER_MISTAKE
from orchestrator.job import Job
from orchestrator.matrix import parse_jobs
from phase_worker.contract import ConfigError


def main(arguments: list[str]) -> int:
    """All mistakes of all files are shown."""
    code = 0
    for job in _parser().parse_args(arguments).jobs:
        try:
            found = parse_jobs(job)
        except ConfigError as error:
            code = EXIT_USER_MISTAKE
            print(error, file=sys.stderr)
        else:
            print(f"{job}: ok" if isinstance(found, Job) else f"{job}: ok, {len(found)} jobs")
    return code


def _parser() -> CommandParser:
    parser = CommandParser(
        "check",
        "Check job files without running them; all mistakes of all files are shown.",
        ["daybreak check job.yaml", "daybreak check jobs/*.yaml"],
    )
    parser.add_argument("jobs", nargs="+", type=Path, metavar="JOB", help="a job file")
    return parser


PARSERS = {"": _parser}

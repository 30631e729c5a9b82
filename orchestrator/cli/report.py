"""`daybreak report WORKFLOW_ID`: writes the page of a run again, from its sealed traces."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from orchestrator.cli.command_parser import CommandParser
from orchestrator.closing_phases import REPORT
from orchestrator.executors.environment import PACKAGES_ROOT
from orchestrator.status import read_run
from phase_worker.contract import ConfigError, RunPaths


def main(arguments: list[str]) -> NoReturn:
    """Become the process that draws the page: the orchestrator's own never reads an event."""
    options = _parser().parse_args(arguments)
    read_run(options.traces, options.workflow_id)
    request = _request(options.traces.resolve(), options.workflow_id)
    command = [sys.executable, "-P", "-m", "topologies.pages", str(request)]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)})


def _request(traces_dir: Path, workflow_id: str) -> Path:
    request = RunPaths(traces_dir, workflow_id).request(REPORT)
    if not request.exists():
        raise ConfigError(
            f"the run '{workflow_id}' has no report phase, or has not come to it. Run its job to the end, with "
            "'report: true', which is the default: what is sealed is not run again.",
            where=str(request),
            code="E-NOREPORT",
        )
    return request


def _parser() -> CommandParser:
    parser = CommandParser("report", "Write the page of a run again, and print its path.", ["daybreak report my-run"])
    parser.add_argument("workflow_id", metavar="WORKFLOW_ID", help="the run")
    parser.add_traces()
    return parser


PARSERS = {"": _parser}

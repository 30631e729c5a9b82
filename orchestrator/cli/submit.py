"""`daybreak submit JOB…`: checks job files and puts them into the queue."""

import sys
from pathlib import Path

from orchestrator.cli.exit_codes import EXIT_USER_MISTAKE
from orchestrator.cli.queue_parser import QueueParser, allowed_roots, open_queue
from orchestrator.queue.clock import SystemClock
from orchestrator.queue.record import JobState
from orchestrator.queue.submission import Submission
from phase_worker.contract import ConfigError, check_workflow_id


def main(arguments: list[str]) -> int:
    """What is right is queued, and of the rest every mistake is shown."""
    options = _parser().parse_args(arguments)
    queue = open_queue(options.queue)
    if options.after is not None:
        check_workflow_id(options.after)
    submission = Submission(
        options.traces.resolve(), allowed_roots(options), SystemClock(), options.priority, options.after
    )
    code = 0
    for job in options.jobs:
        try:
            for record in submission.records_of(job):
                there = queue.add(record, JobState.DEFERRED if options.after else JobState.NEW)
                print(f"{record.workflow_id}: {f'is {there} already, nothing to do' if there else 'queued'}")
        except ConfigError as error:
            code = EXIT_USER_MISTAKE
            print(error, file=sys.stderr)
    return code


def _parser() -> QueueParser:
    parser = QueueParser(
        "submit",
        "Check job files and put them into the queue; all mistakes of all files are shown.",
        ["daybreak submit job.yaml", "daybreak submit job.yaml --priority 5 --after another-run"],
    )
    parser.add_argument("jobs", nargs="+", type=Path, metavar="JOB", help="a job file")
    parser.add_traces()
    parser.add_roots()
    parser.add_argument(
        "--priority", type=int, default=0, metavar="N", help="higher goes first; one is worth an hour's wait (0)"
    )
    parser.add_argument("--after", metavar="WORKFLOW_ID", help="start when that run is done; held if it fails")
    return parser


PARSERS = {"": _parser}

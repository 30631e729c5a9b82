"""`daybreak run JOB`: runs a job and prints its result."""

import signal
import sys
from contextlib import closing
from pathlib import Path
from types import FrameType

from orchestrator.cli.command_parser import CommandParser, count
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.executors.server_process import ServerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from phase_worker.contract import PhaseOutcome

# SIGUSR1 is how a scheduler says that time is nearly over.
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
_DESCRIPTION = """\
Run JOB, a job file, and print its result.

Without JOB the job is what --set says:
  daybreak run --set workflow=walk_forward --set strategy=momentum --set data_file=SPY.csv"""


def main(arguments: list[str]) -> int:
    """Progress goes to stderr, the result to stdout."""
    options = _parser().parse_args(arguments)
    for number in _ENDING_SIGNALS:
        signal.signal(number, _exit_on_signal)
    server = _server() if options.start == "warm" else None

    from orchestrator.coordinator import Coordinator
    from orchestrator.executors.cold_start import ColdStart
    from orchestrator.executors.warm_start import WarmStart
    from orchestrator.results import to_json
    from orchestrator.text_report import run_report

    start = WarmStart(server) if options.start == "warm" else ColdStart()
    with closing(start):
        coordinator = Coordinator(options.traces, slots=options.slots, start=start, on_outcome=_show_progress)
        result = coordinator.execute_workflow(
            options.job or {}, workflow_id=options.workflow_id, overrides=dict(options.settings)
        )
    if options.json:
        sys.stdout.buffer.write(to_json(result) + b"\n")
    else:
        run_id = result["workflow_id"]
        print(f"\n{run_report(result)}\n\nrun {run_id}: {options.traces / run_id}")
    return 0 if result["success"] else EXIT_PHASE_FAILED


def _parser() -> CommandParser:
    parser = CommandParser("run", _DESCRIPTION)
    parser.add_argument("job", nargs="?", type=Path, metavar="JOB", help="the job file")
    parser.add_traces()
    parser.add_argument("--slots", type=count, metavar="N", help="phases at a time (the number of processors)")
    parser.add_argument(
        "--start",
        choices=["warm", "cold"],
        default="warm",
        help="phases as forks of a preloaded server, or each in an interpreter of its own (%(default)s)",
    )
    parser.add_argument(
        "--workflow-id", metavar="ID", help="the run's name; the same name again resumes it (made of the job's content)"
    )
    parser.add_settings()
    parser.add_argument("--json", action="store_true", help="print the result document, and nothing else, on stdout")
    return parser


def _server() -> ServerProcess | None:
    """A server that loads while this process does; None where it cannot be started, as the first phase will say."""
    try:
        return ServerProcess()
    except OSError:
        return None


def _show_progress(outcome: "PhaseOutcome") -> None:
    from orchestrator.text_report import progress_line

    print(progress_line(outcome), file=sys.stderr)


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Leave through the stack, so that the executor kills what is running; a second signal does not cut that short."""
    for other in _ENDING_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)

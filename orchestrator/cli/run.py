"""`daybreak run JOB`: runs a job and prints its result."""

import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser, count
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.cli.terminal import can_draw
from orchestrator.ending_signals import exit_on_signals
from orchestrator.executors.server_process import ServerProcess, early_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from orchestrator.cli.display.live_run import LiveRun
    from phase_worker.contract import PhaseOutcome

_ADVICE = "the same command runs what is left"
_DESCRIPTION = """\
Run JOB, a job file, and print its result. Without JOB the job is what --set says.

A phase whose sealed trace is there is not run again: the same command goes on with a run that was interrupted."""
_EXAMPLES = [
    "daybreak run job.yaml",
    "daybreak run job.yaml --slots 2 --set windows.anchored=true",
    "daybreak run job.yaml --json > result.json",
    "daybreak run --set workflow=walk_forward --set strategy=momentum --set data_file=SPY.csv",
]


def main(arguments: list[str]) -> int:
    """Progress goes to stderr, as a picture where that is a terminal; the result to stdout."""
    options = _parser().parse_args(arguments)
    exit_on_signals(_ADVICE)
    server = early_server() if options.start == "warm" else None
    live = _live_run(options)
    with closing(live) if live else nullcontext():
        try:
            result = _execute(options, server, live)
        except SystemExit:
            _tell_end(live, f"stopped: {_ADVICE}")
            raise
        _tell_end(live)
    if options.json:
        from orchestrator.results import to_json

        sys.stdout.buffer.write(to_json(result) + b"\n")
    elif "runs" in result["results"]:
        from orchestrator.comparison_table import matrix_report

        print(f"\n{matrix_report(options.traces, result)}")
    else:
        _tell_result(result, options)
    return 0 if result["success"] else EXIT_PHASE_FAILED


def _execute(options: Namespace, server: ServerProcess | None, live: "LiveRun | None") -> "dict[str, Any]":
    from orchestrator.coordinator import Coordinator
    from orchestrator.executors.cold_start import ColdStart
    from orchestrator.executors.warm_start import WarmStart

    with closing(WarmStart(server) if options.start == "warm" else ColdStart()) as start:
        coordinator = Coordinator(
            options.traces, slots=options.slots, start=start, on_outcome=_listener(options, live), watch=live
        )
        return coordinator.execute_workflow(
            options.job or {}, workflow_id=options.workflow_id, overrides=dict(options.settings)
        )


def _live_run(options: Namespace) -> "LiveRun | None":
    """A picture of the run, where somebody can look at one; its code is imported there only."""
    if options.quiet or options.json or not can_draw(sys.stderr):
        return None
    from orchestrator.allocation import available_slots
    from orchestrator.cli.display.live_run import LiveRun

    exit_on_signals("")  # what is said in a picture is gone with it
    return LiveRun(options.slots or available_slots())


def _listener(options: Namespace, live: "LiveRun | None") -> "Callable[[PhaseOutcome], None]":
    if live is not None:
        return live.ended
    return _show_failure if options.quiet else _show_progress


def _tell_end(live: "LiveRun | None", advice: str = "") -> None:
    """What stays of a picture."""
    if live is not None:
        live.close()
        print(*filter(None, (live.report(), advice)), sep="\n", file=sys.stderr)


def _tell_result(result: "Mapping[str, Any]", options: Namespace) -> None:
    """The report, of which --quiet leaves the last line, and where the run is."""
    from orchestrator.text_report import run_report

    report, run_id = run_report(result), result["workflow_id"]
    print(report.rpartition("\n")[2] if options.quiet else f"\n{report}\n")
    print(f"run {run_id}: {options.traces / run_id}")
    if result["report"]:
        print(f"report: {options.traces / run_id / Path(result['report']).name}")


def _parser() -> CommandParser:
    parser = CommandParser("run", _DESCRIPTION, _EXAMPLES)
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
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="tell of what fails, and at the end in a line or two how it went"
    )
    return parser


def _show_progress(outcome: "PhaseOutcome") -> None:
    from orchestrator.text_report import progress_line

    print(progress_line(outcome), file=sys.stderr)


def _show_failure(outcome: "PhaseOutcome") -> None:
    from orchestrator.text_report import FAILED

    if outcome.status in FAILED:
        _show_progress(outcome)


PARSERS = {"": _parser}

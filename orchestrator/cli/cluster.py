"""`daybreak cluster submit|script|status|cancel|collect|resubmit`: runs jobs by a cluster's scheduler."""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser, refuse_action
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.cluster.collecting import collect
from orchestrator.cluster.dialect import scheduler_names
from orchestrator.cluster.following import ask_scheduler
from orchestrator.cluster.paths import SubmissionPaths
from orchestrator.cluster.placement import Placement, read_placement, site_file
from orchestrator.cluster.planned_run import PlannedRun, begin_run, open_run
from orchestrator.cluster.progress import progress_report, run_progress
from orchestrator.cluster.submission import submissions_locked
from orchestrator.cluster.submitting import submit_missing, write_scripts
from orchestrator.job import Job, parse_job
from orchestrator.results import to_json
from orchestrator.text_report import run_report
from phase_worker.contract import PhaseState

_DESCRIPTION = """\
Run jobs by a cluster's scheduler. Nothing of Daybreak stays running where this is called.

  submit JOB             write submission scripts, submit them to Slurm, and return
  script JOB -o DIR      write the scripts, for a person to read, edit and submit by DIR/submit.sh
  status WORKFLOW_ID     how many phases are done (by their sealed traces), what waits or runs, and what failed
  cancel WORKFLOW_ID     cancel what waits or runs
  collect WORKFLOW_ID    print the result, as `daybreak run` does
  resubmit WORKFLOW_ID   submit what has no sealed trace"""
# Option -> what it is for; each is a key of a site file too.
_WISHES = {
    "shape": "allocation: one scheduler job for the whole run; graph: jobs and arrays; by default the better one",
    "partition": "partition or queue",
    "account": "account or project",
    "qos": "quality of service",
    "time": "time limit of each scheduler job, such as 90m (from the job's resources.time)",
    "mem": "memory of each scheduler job, such as 16GiB (slots times the job's resources.memory)",
    "slots": "processors of each scheduler job (4; in shape graph 1)",
    "nodes": "array tasks at a time, in shape graph (what the scheduler gives)",
    "group": "windows, or chains of phases, in each array task (a minute's worth)",
    "phase-time": "how long a phase takes, for the choice of shape and group (measured, or a tenth of its limit)",
}
_KEYS = {"mem": "memory", "phase-time": "phase_time"}


def main(arguments: list[str]) -> int:
    """The action is the first word."""
    if arguments and arguments[0] in _ACTIONS:
        return _ACTIONS[arguments[0]](arguments[1:])
    return refuse_action("cluster", _DESCRIPTION, PARSERS, arguments)


def _submit_parser() -> CommandParser:
    parser = CommandParser(
        "cluster submit",
        "Write submission scripts, submit them, and return.",
        [
            "daybreak cluster submit job.yaml --partition day --time 2h",
            "daybreak cluster submit job.yaml --shape graph",
        ],
    )
    _add_job(parser)
    _add_placement(parser)
    parser.add_argument("--scheduler", choices=["slurm"], default="slurm", help="who runs it (%(default)s)")
    return parser


def _submit(arguments: list[str]) -> int:
    options = _submit_parser().parse_args(arguments)
    placement = _placement(options)
    return _send(begin_run(_job(options), options.traces), placement)


def _resubmit_parser() -> CommandParser:
    parser = _parser_of_run("resubmit", "Submit what has no sealed trace, and neither waits nor runs.")
    _add_placement(parser)
    return parser


def _resubmit(arguments: list[str]) -> int:
    options = _resubmit_parser().parse_args(arguments)
    return _send(open_run(options.traces, options.run), _placement(options))


def _send(run: PlannedRun, placement: Placement) -> int:
    sent = submit_missing(run, placement)
    if sent is None:
        print(f"{run.paths.workflow_id}: nothing to submit: every phase is done, waits or runs")
        return 0
    print(f"shape {sent.shape.name}: {sent.shape.reason}")
    for step in sent.submission.steps:
        tasks = f"array of {len(step.tasks)} tasks, " if step.is_array else ""
        print(f"job {sent.job_ids[step.name]}  {step.name}: {tasks}{sum(map(len, step.tasks))} phases")
    print(f"run {run.paths.workflow_id}: {sent.submission.directory}")
    return 0


def _script_parser() -> CommandParser:
    parser = CommandParser(
        "cluster script",
        "Write submission scripts into DIR, and DIR/submit.sh that submits them.",
        ["daybreak cluster script job.yaml --scheduler pbs -o scripts"],
    )
    _add_job(parser)
    _add_placement(parser)
    parser.add_argument(
        "--scheduler", choices=scheduler_names(), default="slurm", help="who is to run it (%(default)s)"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a directory that is made")
    return parser


def _script(arguments: list[str]) -> int:
    options = _script_parser().parse_args(arguments)
    placement = _placement(options)
    run = begin_run(_job(options), options.traces)
    submission = write_scripts(run, placement, options.scheduler, options.output)
    print(f"run {run.paths.workflow_id}: {len(submission.steps)} scripts, to be submitted by")
    print(SubmissionPaths(Path(submission.directory)).submit_script)
    return 0


def _status_parser() -> CommandParser:
    return _parser_of_run("status", "Show how many phases are done, which jobs wait or run, and what failed.")


def _status(arguments: list[str]) -> int:
    options = _status_parser().parse_args(arguments)
    run = open_run(options.traces, options.run)
    jobs = ask_scheduler(run.paths)
    jobs.cancel_never()
    progress = run_progress(run, jobs)
    print(progress_report(run, jobs, progress))
    failed = {PhaseState.FAILED, PhaseState.TIMED_OUT}
    return EXIT_PHASE_FAILED if any(entry.state in failed for entry in progress.values()) else 0


def _cancel_parser() -> CommandParser:
    return _parser_of_run("cancel", "Cancel the scheduler jobs that wait or run.")


def _cancel(arguments: list[str]) -> int:
    options = _cancel_parser().parse_args(arguments)
    run = open_run(options.traces, options.run)
    with submissions_locked(run.paths):
        jobs = ask_scheduler(run.paths)
        cancelled = jobs.cancel(jobs.alive)
        run.record_state("cancelled")
    print(f"{options.run}: {cancelled} scheduler jobs cancelled")
    return 0


def _collect_parser() -> CommandParser:
    parser = _parser_of_run("collect", "Check all traces and print the result, as `daybreak run` does.")
    parser.add_argument("--json", action="store_true", help="print the result document, and nothing else, on stdout")
    return parser


def _collect(arguments: list[str]) -> int:
    options = _collect_parser().parse_args(arguments)
    run = open_run(options.traces, options.run)
    result = collect(run, ask_scheduler(run.paths))
    if options.json:
        sys.stdout.buffer.write(to_json(result) + b"\n")
    else:
        print(run_report(result))
    return 0 if result["success"] else EXIT_PHASE_FAILED


_ACTIONS: dict[str, Callable[[list[str]], int]] = {
    "submit": _submit,
    "script": _script,
    "status": _status,
    "cancel": _cancel,
    "collect": _collect,
    "resubmit": _resubmit,
}


def _parser_of_run(action: str, description: str) -> CommandParser:
    parser = CommandParser(f"cluster {action}", description, [f"daybreak cluster {action} my-run"])
    parser.add_argument("run", metavar="WORKFLOW_ID", help="the run")
    parser.add_traces()
    return parser


def _add_job(parser: CommandParser) -> None:
    parser.add_argument("job", type=Path, metavar="JOB", help="the job file")
    parser.add_traces()
    parser.add_argument("--workflow-id", metavar="ID", help="the run's name (made of the job's content)")
    parser.add_settings()


def _job(options: Namespace) -> Job:
    return parse_job(options.job, overrides=dict(options.settings), workflow_id=options.workflow_id)


def _add_placement(parser: CommandParser) -> None:
    parser.add_argument("--site", metavar="FILE", help="a YAML file with these and a site's settings ($DAYBREAK_SITE)")
    for name, meaning in _WISHES.items():
        parser.add_argument(f"--{name}", help=meaning)


def _placement(options: Namespace) -> Placement:
    given = {name: getattr(options, name.replace("-", "_")) for name in _WISHES}
    wishes = {_KEYS.get(name, name): value for name, value in given.items() if value is not None}
    return read_placement(site_file(options.site), wishes)


PARSERS: dict[str, Callable[[], CommandParser]] = {
    "submit": _submit_parser,
    "script": _script_parser,
    "status": _status_parser,
    "cancel": _cancel_parser,
    "collect": _collect_parser,
    "resubmit": _resubmit_parser,
}

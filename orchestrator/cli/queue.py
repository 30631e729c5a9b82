"""`daybreak queue …`: looks into the queue, and changes the state of its jobs."""

import sys
from dataclasses import replace
from difflib import get_close_matches
from functools import partial

import orjson

from orchestrator.cli.command_parser import refuse_action
from orchestrator.cli.exit_codes import EXIT_USER_MISTAKE
from orchestrator.cli.queue_parser import QueueParser, open_queue
from orchestrator.queue.clock import SystemClock
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.folders import workflow_id_of
from orchestrator.queue.listing import UNFINISHED, as_text, entries
from orchestrator.queue.overview import OverviewReader
from orchestrator.queue.page import write_page
from orchestrator.queue.record import JobRecord, JobState
from phase_worker.contract import ConfigError

_DESCRIPTION = """\
Look into the queue, and change the state of its jobs:

  list      what waits, until when and why, what is active, and what needs a look
  hold      keep jobs that wait from being started
  release   let held or deferred jobs be started now
  retry     queue jobs again that ended otherwise than well; what is sealed of them is not run again
  cancel    cancel jobs; of an active one, its coordinator ends the phases
  purge     forget jobs that have ended; their traces stay
  page      write index.html, as a coordinator does while it drains"""

_MOVES = {
    "hold": dict.fromkeys((JobState.NEW, JobState.DEFERRED), JobState.HELD),
    "release": dict.fromkeys((JobState.HELD, JobState.DEFERRED), JobState.NEW),
    "retry": dict.fromkeys((JobState.FAILED, JobState.BAD, JobState.CANCELLED, JobState.HELD), JobState.NEW),
    "cancel": dict.fromkeys((JobState.NEW, JobState.DEFERRED, JobState.HELD), JobState.CANCELLED),
}
_ENDED = (JobState.DONE, JobState.FAILED, JobState.BAD, JobState.CANCELLED)


def main(arguments: list[str]) -> int:
    """Each action has options of its own."""
    match arguments:
        case ["list", *rest]:
            return _list(rest)
        case ["purge", *rest]:
            return _purge(rest)
        case ["page", *rest]:
            return _page(rest)
        case [action, *rest] if action in _MOVES:
            return _move(action, rest)
    return refuse_action("queue", _DESCRIPTION, PARSERS, arguments)


def _list_parser() -> QueueParser:
    parser = QueueParser(
        "queue list",
        "Show what waits, until when and why, what is active, and what needs a look.",
        ["daybreak queue list", "daybreak queue list --all --json"],
    )
    parser.add_argument("--all", action="store_true", help="also what is done, failed or cancelled")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _list(arguments: list[str]) -> int:
    options = _list_parser().parse_args(arguments)
    folders = open_queue(options.queue, make=False).folders
    listed = list(entries(folders, tuple(JobState) if options.all else UNFINISHED))
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(listed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        print(as_text(listed, folders))
    return 0


def _purge_parser() -> QueueParser:
    parser = QueueParser(
        "queue purge",
        "Forget jobs that have ended; their traces stay.",
        ["daybreak queue purge", "daybreak queue purge --state failed --days 30"],
    )
    parser.add_argument(
        "--state",
        dest="states",
        action="append",
        choices=[str(state) for state in _ENDED],
        help="only these; may be given repeatedly (done and cancelled)",
    )
    parser.add_argument(
        "--days", type=float, default=0.0, metavar="N", help="only what ended so many days ago or earlier (0)"
    )
    return parser


def _purge(arguments: list[str]) -> int:
    options = _purge_parser().parse_args(arguments)
    states = [JobState(state) for state in options.states or ("done", "cancelled")]
    before_s = SystemClock().now().timestamp() - options.days * 86_400
    print(f"{open_queue(options.queue, make=False).purge(states, before_s)} jobs purged")
    return 0


def _page_parser() -> QueueParser:
    parser = QueueParser(
        "queue page", "Write index.html into the queue directory, as a coordinator does.", ["daybreak queue page"]
    )
    parser.add_traces()
    return parser


def _page(arguments: list[str]) -> int:
    options = _page_parser().parse_args(arguments)
    folders, clock = open_queue(options.queue, make=False).folders, SystemClock()
    options.traces.mkdir(parents=True, exist_ok=True)
    overview = OverviewReader(folders).read(clock.now().timestamp())
    write_page(folders, overview, options.traces.resolve(), clock)
    print(folders.page)
    return 0


def _move_parser(action: str) -> QueueParser:
    parser = QueueParser(f"queue {action}", f"From {', '.join(_MOVES[action])}.", [f"daybreak queue {action} my-run"])
    parser.add_argument("workflow_ids", nargs="+", metavar="WORKFLOW_ID", help="a job")
    return parser


def _move(action: str, arguments: list[str]) -> int:
    """Change the state of every job that allows it, and tell of those that do not."""
    options = _move_parser(action).parse_args(arguments)
    queue = open_queue(options.queue, make=False)
    code = 0
    for workflow_id in options.workflow_ids:
        try:
            print(f"{workflow_id}: {_moved(queue, action, workflow_id)}")
        except ConfigError as error:
            code = EXIT_USER_MISTAKE
            print(f"{error}{_meant(queue, workflow_id) if error.code == 'E-NOJOB' else ''}", file=sys.stderr)
    return code


def _meant(queue: QueueDirectory, workflow_id: str) -> str:
    """The nearest of the jobs there are; all of them may be thousands."""
    there = [workflow_id_of(path) for state in JobState for path in queue.folders.records(state)]
    near = get_close_matches(workflow_id, there, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _moved(queue: QueueDirectory, action: str, workflow_id: str) -> str:
    if action == "cancel" and queue.ask_to_cancel(workflow_id):
        return "active; its coordinator will cancel it"
    before = queue.change(workflow_id, _MOVES[action], _afresh if action in {"release", "retry"} else _by_hand)
    return f"{before} → {_MOVES[action][before]}"


def _afresh(record: JobRecord) -> JobRecord:
    """As if it had never been tried."""
    return replace(
        record, transient=0, killed=0, deaths=0, after=None, wait=None, leaving=None, reason="", finished_at=""
    )


def _by_hand(record: JobRecord) -> JobRecord:
    return replace(record, wait=None, leaving=None, reason="by hand")


PARSERS = {
    "list": _list_parser,
    **{action: partial(_move_parser, action) for action in _MOVES},
    "purge": _purge_parser,
    "page": _page_parser,
}

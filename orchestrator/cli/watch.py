"""`daybreak watch`: shows a run or the queue as it goes on, by its files alone."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.cli.display.followed_queue import FollowedQueue
from orchestrator.cli.display.followed_run import FollowedRun
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.cli.queue_parser import QueueParser
from orchestrator.cli.terminal import can_draw
from orchestrator.queue.folders import QueueFolders
from orchestrator.status import read_run, run_state, show_run
from orchestrator.text_report import FAILED, progress_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from orchestrator.cli.display.live_area import LiveArea

_LOOK_EVERY_S = 0.5
_DESCRIPTION = """\
Show the run WORKFLOW_ID as it goes on, until it ends; without one, the queue, until interrupted.

On a terminal that is a picture; elsewhere a line for each change."""


def main(arguments: list[str]) -> int:
    """Only files are read: whoever works on the run or the queue does not notice."""
    options = _parser().parse_args(arguments)
    if options.workflow_id is None:
        _watch_queue(options.queue)
        return 0
    traces, workflow_id = options.traces, options.workflow_id
    if run_state(traces, read_run(traces, workflow_id)) == "active":
        _watch_run(traces, workflow_id)
        print(show_run(traces, workflow_id).partition("\n")[0])
    else:
        print(show_run(traces, workflow_id))
    return 0 if run_state(traces, read_run(traces, workflow_id)) == "done" else EXIT_PHASE_FAILED


def _watch_run(traces: Path, workflow_id: str) -> None:
    run = FollowedRun(traces, workflow_id)
    with _area() as area:
        active = True
        while active:
            active = run.active  # before the look, which then finds all that there is of it
            for outcome in run.look():
                if area is None:
                    print(progress_line(outcome), flush=True)
                elif outcome.status in FAILED:
                    area.tell(progress_line(outcome), "red")
            if active:
                if area is not None:
                    _draw_run(area, workflow_id, run)
                time.sleep(_LOOK_EVERY_S)


def _draw_run(area: "LiveArea", workflow_id: str, run: FollowedRun) -> None:
    from orchestrator.cli.display.picture import run_picture

    area.draw(run_picture(workflow_id, run.stages, time.time(), run.elapsed_s, run.memory_bytes, size=area.size))


def _watch_queue(folder: Path) -> None:
    queue = FollowedQueue(QueueFolders.open(folder, make=False))
    with _area() as area:
        if area is None:
            print(queue.counts(), flush=True)
        while True:
            if area is not None:
                _draw_queue(area, queue)
            time.sleep(_LOOK_EVERY_S)
            for line in queue.look():
                if area is None:
                    print(line, flush=True)


def _draw_queue(area: "LiveArea", queue: FollowedQueue) -> None:
    from rich.text import Text

    area.draw(Text(queue.text(), no_wrap=True, overflow="crop"))


@contextmanager
def _area() -> "Iterator[LiveArea | None]":
    """What can be drawn on, if stdout is a terminal."""
    if not can_draw(sys.stdout):
        yield None
        return
    from orchestrator.cli.display.live_area import LiveArea

    area = LiveArea(stderr=False)
    try:
        yield area
    finally:
        area.close()


def _parser() -> QueueParser:
    parser = QueueParser(
        "watch", _DESCRIPTION, ["daybreak watch my-run", "daybreak watch", "daybreak watch --queue jobs"]
    )
    parser.add_argument("workflow_id", nargs="?", metavar="WORKFLOW_ID", help="the run")
    parser.add_traces()
    return parser


PARSERS = {"": _parser}

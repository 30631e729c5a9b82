"""What `daybreak drain` and `daybreak serve` have in common: the same work, but for when it ends."""

import logging
import signal
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType

from orchestrator.allocation import available_memory_bytes, available_slots
from orchestrator.cli.command_parser import count
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.cli.queue_parser import QueueParser, allowed_roots, open_queue, size
from orchestrator.queue.clock import SystemClock, display
from orchestrator.queue.closing_time import next_time
from orchestrator.queue.coordinator import DrainSettings, QueueCoordinator
from orchestrator.queue.listing import waiting_count
from orchestrator.queue.notify import Notify


def drain_parser(command: str, description: str, examples: Sequence[str]) -> QueueParser:
    """The options of both."""
    parser = QueueParser(command, description, examples)
    parser.add_traces()
    parser.add_roots()
    parser.add_argument("--slots", type=count, metavar="N", help="phases at a time (the number of processors)")
    parser.add_argument("--memory", type=size, metavar="SIZE", help="of all phases together (what is available)")
    parser.add_argument(
        "--until", type=_clock_time, metavar="HH:MM", help="start nothing that is not expected to be done by then"
    )
    parser.add_argument("--max-load", type=float, metavar="LOAD", help="start no job while the load is above this")
    parser.add_argument(
        "--min-free", type=size, default=256 << 20, metavar="SIZE", help="start nothing with less room on disk (256MiB)"
    )
    parser.add_argument("--start", choices=["warm", "cold"], default="warm", help="as for daybreak run (%(default)s)")
    parser.add_argument(
        "--grace", type=float, default=30.0, metavar="S", help="seconds from SIGTERM to SIGKILL of a phase (30)"
    )
    parser.add_argument("--no-on-finish", action="store_true", help="do not run the commands that jobs name")
    parser.add_argument("--mail-to", metavar="ADDRESS", help="send a summary at the end")
    parser.add_argument(
        "--sendmail", default="/usr/sbin/sendmail", metavar="FILE", help="by this program (%(default)s)"
    )
    parser.add_argument("--webhook", metavar="URL", help="POST a summary at the end")
    return parser


def work(options: Namespace, *, stay: bool) -> int:
    """Drain the queue, and tell how it was."""
    logging.basicConfig(format="%(message)s")
    notify = Notify(options.mail_to, options.sendmail, options.webhook)
    queue = open_queue(options.queue)
    options.traces.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()

    def tell(line: str) -> None:
        print(f"{display(clock.now())} {line}", file=sys.stderr, flush=True)

    coordinator = QueueCoordinator(queue, _settings(options), clock, tell)

    def ask_to_finish(_number: int, _frame: FrameType | None) -> None:
        coordinator.finish_soon()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_finish)
    coordinator.work(stay=stay)
    night, waiting, now = coordinator.night, waiting_count(queue.folders), clock.now()
    page = str(queue.folders.page)
    report = f"{night.report(waiting, now)}\n\nAll of it: {page}"
    print(report)
    for error in notify.send(night.title(), report, night.document(waiting, now) | {"page": page}):
        tell(str(error))
    return 0 if night.success else EXIT_PHASE_FAILED


def _settings(options: Namespace) -> DrainSettings:
    return DrainSettings(
        traces_dir=options.traces.resolve(),
        allowed_roots=allowed_roots(options),
        slots=options.slots or available_slots(),
        memory_bytes=options.memory or available_memory_bytes(),
        start=options.start,
        grace_s=options.grace,
        closing=options.until,
        max_load=options.max_load,
        min_free_bytes=options.min_free,
        run_on_finish=not options.no_on_finish,
    )


def _clock_time(text: str) -> datetime:
    try:
        return next_time(text, datetime.now(UTC))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time such as 06:30") from None

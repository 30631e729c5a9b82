"""`daybreak drain`: runs what is in the queue, then exits."""

from orchestrator.cli.drain_parser import drain_parser, work
from orchestrator.cli.queue_parser import QueueParser

_DESCRIPTION = """\
Run what is in the queue, then exit: with 0 if all that ended, ended well, else with 1.

Jobs that wait for a time are waited for. SIGTERM lets running phases end and hands back what is not done;
a second one ends them at once."""


def main(arguments: list[str]) -> int:
    """What happens goes to stderr, the summary to stdout."""
    return work(_parser().parse_args(arguments), stay=False)


def _parser() -> QueueParser:
    return drain_parser(
        "drain", _DESCRIPTION, ["daybreak drain --until 06:30", "daybreak drain --slots 4 --memory 8GiB"]
    )


PARSERS = {"": _parser}

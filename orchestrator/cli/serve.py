"""`daybreak serve`: runs what comes into the queue until it is asked to stop."""

from orchestrator.cli.drain_parser import drain_parser, work
from orchestrator.cli.queue_parser import QueueParser

_DESCRIPTION = """\
Run what comes into the queue until SIGTERM, or until --until.

SIGTERM lets running phases end and hands back what is not done; a second one ends them at once."""


def main(arguments: list[str]) -> int:
    """What happens goes to stderr, the summary to stdout."""
    return work(_parser().parse_args(arguments), stay=True)


def _parser() -> QueueParser:
    return drain_parser(
        "serve", _DESCRIPTION, ["daybreak serve --max-load 8", "daybreak serve --queue jobs --traces traces"]
    )


PARSERS = {"": _parser}

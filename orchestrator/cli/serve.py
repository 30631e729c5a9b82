"""`daybreak serve`: runs what comes into the queue until it is asked to stop."""

from orchestrator.cli.drain_parser import drain_parser, work

_DESCRIPTION = """\
Run what comes into the queue until SIGTERM, or until --until.

SIGTERM lets running phases end and hands back what is not done; a second one ends them at once."""


def main(arguments: list[str]) -> int:
    """What happens goes to stderr, the summary to stdout."""
    return work(drain_parser("serve", _DESCRIPTION).parse_args(arguments), stay=True)

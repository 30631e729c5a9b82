"""`daybreak drain`: runs what is in the queue, then exits."""

from orchestrator.cli.drain_parser import drain_parser, work

_DESCRIPTION = """\
Run what is in the queue, then exit: with 0 if all that ended, ended well, else with 1.

Jobs that wait for a time are waited for. SIGTERM lets running phases end and hands back what is not done;
a second one ends them at once."""


def main(arguments: list[str]) -> int:
    """What happens goes to stderr, the summary to stdout."""
    return work(drain_parser("drain", _DESCRIPTION).parse_args(arguments), stay=False)

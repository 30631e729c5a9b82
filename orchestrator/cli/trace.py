"""`daybreak trace`: looks into a trace."""

from typing import NoReturn

from orchestrator.cli.reader_process import become_reader


def main(arguments: list[str]) -> NoReturn:
    """By another process."""
    become_reader("phase_worker.tracing", arguments)

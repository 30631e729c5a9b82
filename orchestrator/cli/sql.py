"""`daybreak sql`: queries the traces of many runs."""

from typing import NoReturn

from orchestrator.cli.reader_process import become_reader


def main(arguments: list[str]) -> NoReturn:
    """By another process."""
    become_reader("phase_worker.tracing.sql", arguments)

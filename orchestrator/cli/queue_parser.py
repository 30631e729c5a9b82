"""What the commands of the queue have in common."""

import os
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser
from orchestrator.queue.directory import QueueDirectory
from orchestrator.queue.folders import PRIVATE_UMASK

_UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class QueueParser(CommandParser):
    """A parser of a command that has a queue directory."""

    def __init__(self, command: str, description: str, examples: Sequence[str] = ()) -> None:
        super().__init__(command, description, examples)
        self.add_argument(
            "--queue", type=Path, default=Path("jobs"), metavar="DIR", help="the queue directory (%(default)s)"
        )

    def add_roots(self) -> None:
        """The option that says where the files may lie that queued jobs name."""
        self.add_argument(
            "--allow-root",
            dest="roots",
            type=Path,
            action="append",
            metavar="DIR",
            help="where data and plugins of queued jobs may lie; may be repeated (the queue directory's parent)",
        )


def open_queue(folder: Path, *, make: bool = True) -> QueueDirectory:
    """The queue; what this process makes from here on is its owner's alone."""
    os.umask(PRIVATE_UMASK)
    return QueueDirectory(folder, make=make)


def allowed_roots(options: Namespace) -> list[Path]:
    """Without links."""
    return [root.resolve() for root in options.roots or [options.queue.resolve().parent]]


def size(text: str) -> int:
    """A number of bytes, such as 512MiB."""
    number = text.rstrip("KMGTiB")
    if not number.isdecimal() or text[len(number) :] not in _UNITS:
        raise ArgumentTypeError(f"{text!r} is not a size such as 512MiB or 8GiB")
    return int(number) * _UNITS[text[len(number) :]]

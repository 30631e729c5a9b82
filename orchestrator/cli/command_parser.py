"""How a command reads the words behind its name."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path


class _Layout(RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)  # to ask the terminal takes longer than to read the words


class CommandParser(ArgumentParser):
    """A parser of one command: a mistake ends the program with exit code 2, and options are written out in full."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(
            prog=f"daybreak {command}",
            description=description,
            formatter_class=_Layout,
            allow_abbrev=False,
        )

    def add_traces(self) -> None:
        """The option that says where runs are."""
        self.add_argument(
            "--traces", type=Path, default=Path("traces"), metavar="DIR", help="the output directory (%(default)s)"
        )

    def add_settings(self) -> None:
        """The option that lays settings over those of the job file, as pairs of key path and value."""
        self.add_argument(
            "--set",
            dest="settings",
            type=setting,
            action="append",
            default=[],
            metavar="KEY.PATH=VALUE",
            help="change or add a setting of the job; may be given repeatedly",
        )


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def setting(text: str) -> tuple[str, str]:
    """KEY.PATH=VALUE as key path and value."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ArgumentTypeError(f"{text!r} is not KEY.PATH=VALUE")
    return key, value

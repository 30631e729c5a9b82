"""How a command reads the words behind its name."""

from argparse import Action, ArgumentError, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Collection, Sequence
from pathlib import Path

from orchestrator.cli.exit_codes import EXIT_USER_MISTAKE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _Layout(RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)  # to ask the terminal takes longer than to read the words


class CommandParser(ArgumentParser):
    """A parser of one command: a mistake ends the program with exit code 2, and options are written out in full.

    Each of `examples` is a whole line as a user types it.
    """

    def __init__(self, command: str, description: str, examples: Sequence[str] = ()) -> None:
        self.examples = examples
        super().__init__(
            prog=f"daybreak {command}",
            description=description,
            epilog="\n  ".join(["examples:", *examples]) if examples else None,
            formatter_class=_Layout,
            allow_abbrev=False,
        )

    def parse_args(self, args: Sequence[str], namespace: None = None) -> Namespace:  # type: ignore[override]
        """The options; a word that is none gets those there are, and the nearest."""
        for word in args:
            name = word.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                self._refuse(name)
        return super().parse_args(args, namespace)

    @property
    def options(self) -> list[str]:
        """The options as they are written out."""
        return [option for option in self._option_string_actions if option.startswith("--")]

    def expected(self, before: Sequence[str]) -> Action | None:
        """What a word that follows those `before` is for: the value of an option, or a positional argument."""
        if before and (last := self._option_string_actions.get(before[-1])) and last.nargs != 0:
            return last
        positionals = self._get_positional_actions()
        taken = 0
        for previous, word in zip(("", *before), before, strict=False):
            option = self._option_string_actions.get(previous)
            taken += not word.startswith("-") and (option is None or option.nargs == 0)
        if not positionals or (taken >= len(positionals) and positionals[-1].nargs not in {"+", "*"}):
            return None
        return positionals[min(taken, len(positionals) - 1)]

    def _refuse(self, name: str) -> "NoReturn":
        from phase_worker.contract import did_you_mean

        self.error(f"there is no option '{name}'. {did_you_mean(name, self.options)}")

    def _check_value(self, action: Action, value: "Any") -> None:
        from phase_worker.contract import did_you_mean

        if action.choices is not None and value not in action.choices:
            raise ArgumentError(action, f"{value!r} is not among the choices. {did_you_mean(value, action.choices)}")

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


def refuse_action(command: str, description: str, actions: Collection[str], arguments: Sequence[str]) -> int:
    """Help, or what is wrong with an action that a command does not have."""
    parser = CommandParser(command, description, [f"daybreak {command} {action} --help" for action in actions][:1])
    parser.add_argument("action", choices=actions, help="comes first, and has options of its own")
    parser.parse_args(arguments[:1])
    return EXIT_USER_MISTAKE


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

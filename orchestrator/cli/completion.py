"""`daybreak completion bash|zsh|fish`: prints a script by which the shell completes daybreak's commands."""

from pathlib import Path

from orchestrator.cli.command_parser import CommandParser

_SCRIPTS = Path(__file__).with_name("shells")
_SHELLS = ("bash", "zsh", "fish")


def main(arguments: list[str]) -> int:
    """The script asks `daybreak completion words WORD…`: what can stand in place of the last of the words typed."""
    if arguments[:1] == ["words"]:
        from orchestrator.cli.candidates import candidates

        print("\n".join(candidates(arguments[1:])))
    else:
        shell = _parser().parse_args(arguments).shell
        print((_SCRIPTS / f"completion.{shell}").read_text(encoding="utf-8"), end="")
    return 0


def _parser() -> CommandParser:
    parser = CommandParser(
        "completion",
        "Print a script by which the shell completes commands, options, job files, runs and components.",
        [
            "source <(daybreak completion bash)          # in ~/.bashrc",
            "source <(daybreak completion zsh)           # in ~/.zshrc, behind compinit",
            "daybreak completion fish | source           # in ~/.config/fish/config.fish",
        ],
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell")
    return parser


PARSERS = {"": _parser}

"""Every command has help with examples that can be typed, and tells what was meant by what it does not know."""

import shlex
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from orchestrator.cli import COMMANDS, run_command
from orchestrator.cli.command_parser import CommandParser

ELSEWHERE = {"trace", "sql"}  # their words are read by a process of the kernel

Parsers = dict[str, Callable[[], CommandParser]]


def parsers_of(command: str) -> Parsers:
    parsers: Parsers = import_module(f"orchestrator.cli.{command}").PARSERS
    return parsers


def all_parsers() -> Iterator[CommandParser]:
    for command in COMMANDS.keys() - ELSEWHERE:
        for make in parsers_of(command).values():
            yield make()


def test_every_example_is_of_its_command_and_can_be_read_by_it() -> None:
    for parser in all_parsers():
        assert parser.examples, parser.prog
        for example in parser.examples:
            line = example.partition("#")[0].replace("source <(", "").replace(")", "")
            words = shlex.split(line.partition(">")[0].partition("|")[0])
            program = parser.prog.split()
            assert words[: len(program)] == program
            parser.parse_args(words[len(program) :])


def test_help_shows_the_examples() -> None:
    for parser in all_parsers():
        assert all(f"  {example}" in parser.format_help() for example in parser.examples)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("rum", "there is no command 'rum'. Known: ", id="command"),
        pytest.param("rum", "Did you mean 'run'?", id="command-meant"),
        pytest.param("run job.yaml --slot 2", "no option '--slot'.", id="option"),
        pytest.param("run job.yaml --slot=2", "Did you mean '--slots'?", id="option-meant"),
        pytest.param("logs --folow", "Did you mean '--follow'?", id="before-what-is-missing"),
        pytest.param("run --start wram", "Did you mean 'warm'?", id="choice"),
        pytest.param("queue lst", "Did you mean 'list'?", id="queue"),
        pytest.param("queue list --quue x", "Did you mean '--queue'?", id="option-of-an-action"),
        pytest.param("cluster statsu x", "Did you mean 'status'?", id="cluster"),
        pytest.param("cluster script job.yaml -o d --scheduler slrm", "Did you mean 'slurm'?", id="scheduler"),
        pytest.param("completion bsh", "Did you mean 'bash'?", id="shell"),
        pytest.param("components stratgy", "Did you mean 'strategy'?", id="component-type"),
        pytest.param("run --set workflw=backtest", "Did you mean 'workflow'?", id="setting"),
        pytest.param("run --set data.fil=x", "Did you mean 'file'?", id="setting-below"),
        pytest.param("status wf", "Known: none.", id="run"),
    ],
)
def test_what_is_not_known_gets_what_is_and_what_was_meant(
    words: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = run_command(words.split())
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert said in capsys.readouterr().err

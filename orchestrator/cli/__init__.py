"""The command line: `daybreak COMMAND …`, of whose commands only the one that is asked for is imported.

A command is a file of this package and a line of COMMANDS. The file has `main`, which takes the words behind the
command's name, reads them with a `CommandParser`, and returns the exit code; DaybreakErrors are told of here.
"""

import errno
import os
import sys
from importlib import import_module

from orchestrator.cli.exit_codes import EXIT_INTERRUPTED, EXIT_PHASE_FAILED, EXIT_USER_MISTAKE

_PURPOSE = (
    "Batch jobs for trading-strategy research: every phase its own process, every result read from a sealed trace."
)
# A full disk, or a reader of the output that has read enough, is no bug, and needs no traceback.
_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EPIPE, errno.EMFILE, errno.ENFILE}
COMMANDS = {
    "init": "Make a folder with a job, a strategy and its test to start from.",
    "run": "Run a job file and print its result.",
    "check": "Check job files without running them.",
    "status": "Show the runs in the output directory, or the phases of one run.",
    "watch": "Show a run or the queue as it goes on.",
    "verify": "Check that a run does not look ahead, and that its phases can be repeated.",
    "compare": "Show runs side by side: what differs in their jobs, and their figures.",
    "logs": "Show what the phases of a run log.",
    "report": "Write the page of a run again, from its traces.",
    "cluster": "Run jobs by a cluster's scheduler: submit, status, collect, …",
    "trace": "Look into a sealed trace, or lay a run out in time.",
    "sql": "Query the traces of many runs with SQL, or export from them.",
    "schema": "Print the JSON Schema of job files, for editors.",
    "submit": "Check job files and put them into the queue.",
    "drain": "Run what is in the queue, then exit.",
    "serve": "Run what comes into the queue until asked to stop.",
    "queue": "Look into the queue, and change the state of its jobs.",
    "doctor": "Say what this machine offers, and what will bite.",
    "components": "List the strategies, topologies and other components there are.",
    "completion": "Print a script by which bash, zsh or fish completes all of this.",
}


def main() -> None:
    """Run the command that the program was started with, and end with its exit code."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """The exit code; a user's mistake is told without a traceback."""
    match arguments:
        case ["-h" | "--help", *_]:
            print(_help())
            return 0
        case ["--version"]:
            print(f"daybreak {_version()}")
            return 0
        case [str(name), *rest] if name in COMMANDS:
            return _run(name, rest)
    print(f"{_help()}\n\n{_mistake(arguments)}", file=sys.stderr)
    return EXIT_USER_MISTAKE


def _run(name: str, arguments: list[str]) -> int:
    from phase_worker.contract import ConfigError, DaybreakError

    try:
        code: int = import_module(f"orchestrator.cli.{name}").main(arguments)
        sys.stdout.flush()
    except DaybreakError as error:
        print(error, file=sys.stderr)
        return EXIT_USER_MISTAKE if isinstance(error, ConfigError) else EXIT_PHASE_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            raise
        if error.errno != errno.EPIPE:
            print(f"error E-TRANSIENT: {error}. What is sealed stays: mend that, and say it again", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what was not written is not tried again at the end
        return EXIT_PHASE_FAILED
    return code


def _help() -> str:
    # Written here: even argparse would take longer to import than all else that help needs.
    commands = "\n".join(f"  {name:<12} {purpose}" for name, purpose in COMMANDS.items())
    options = (
        "  -h, --help   Show this, or behind a command what it takes, with examples.\n  --version    Show the version."
    )
    return f"usage: daybreak COMMAND …\n\n{_PURPOSE}\n\ncommands:\n{commands}\n\noptions:\n{options}"


def _version() -> str:
    from importlib.metadata import version

    return version("daybreak")


def _mistake(arguments: list[str]) -> str:
    from phase_worker.contract import did_you_mean

    if not arguments:
        return "error: which command?"
    return f"error: there is no command '{arguments[0]}'. {did_you_mean(arguments[0], COMMANDS)}"

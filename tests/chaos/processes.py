"""Processes of a trial: started, reaped and killed, whatever session and parent they have come to."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from phase_worker.contract.prctl import PR_SET_CHILD_SUBREAPER, prctl
from tests.chaos import seccomp
from tests.chaos.seccomp import Watch

_TICK_S = 0.002


@dataclass(frozen=True, slots=True)
class Command:
    """What is run: words, environment and working directory; `watched` is the directory whose calls count.

    With `main` that function is called in a fork of this process, as a fork server does, in place of an interpreter.
    A command that stays is sent SIGTERM once it `may_end`.
    """

    words: list[str]
    environment: Mapping[str, str]
    folder: Path
    watched: Path
    main: Callable[[], int] | None = None
    may_end: Callable[[], bool] | None = None


def start(command: Command, stderr: int, watch: tuple[socket.socket, list[Watch]] | None = None) -> int:
    """Start the command in a session of its own, under `watch` if there is one; returns the pid."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # so that we see and can reap what a killed coordinator leaves
    if command.main is not None:
        return os.fork() or _become(command, command.main, stderr, watch)
    if watch is None:
        return _spawn(command.words, command, stderr)
    connection, watches = watch
    os.set_inheritable(connection.fileno(), True)
    what = ",".join(":".join(map(str, watch)) for watch in watches)
    launcher = [sys.executable, "-I", "-S", str(seccomp.__file__), str(connection.fileno()), what]
    return _spawn([*launcher, *command.words], command, stderr)


def _become(
    command: Command, main: Callable[[], int], stderr: int, watch: tuple[socket.socket, list[Watch]] | None
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)
        os.dup2(stderr, 2)
        os.chdir(command.folder)
        os.environ.clear()
        os.environ.update(command.environment)
        if watch is not None:
            seccomp.come_under_watch(*watch)
        code = main()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _spawn(words: list[str], command: Command, stderr: int) -> int:
    folder = Path.cwd()
    os.chdir(command.folder)
    try:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, stderr, 2),
        ]
        return os.posix_spawn(words[0], words, command.environment, file_actions=actions, setsid=True)
    finally:
        os.chdir(folder)


def run_to_end(command: Command, deadline_s: float = 60.0) -> tuple[int | None, str]:
    """Run a command undisturbed: its exit code (None if it had to be killed at the deadline) and its stderr."""
    stderr = os.memfd_create("stderr")
    pid = start(command, stderr)
    give_up_s = time.monotonic() + deadline_s
    code, hung = None, False
    while code is None:
        time.sleep(_TICK_S)
        if time.monotonic() > give_up_s and not hung:
            hung = True
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = dict(reap_children()).get(pid)
    return None if hung else os.waitstatus_to_exitcode(code), take_text(stderr)


def take_text(memory_file: int) -> str:
    """What was written to a memory file, which is closed."""
    try:
        return os.pread(memory_file, 1 << 20, 0).decode(errors="replace")
    finally:
        os.close(memory_file)


def reap_children() -> list[tuple[int, int]]:
    """Collect all children of this process that have ended, with their wait status."""
    reaped = []
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            reaped.append(ended)
    return reaped


def kill_children() -> list[int]:
    """Kill this process's children and what then comes to it as orphans, until there is nothing; returns the pids."""
    killed = []
    reap_children()
    while pids := children():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed += pids
        time.sleep(_TICK_S)
        reap_children()
    return sorted(set(killed))


def survivors_of(folder: Path) -> list[int]:
    """The processes whose environment or command line names `folder`."""
    mark = str(folder.resolve()).encode() + b"/"
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if mark in _shown_by(process)]


def children() -> list[int]:
    """This process's children, adopted ones and those that have ended too."""
    pid = os.getpid()
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _shown_by(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except OSError:
        return b""

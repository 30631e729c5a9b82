"""Commands that run while another is held at a system call: to their end, or until they have to wait for it."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.chaos.checker import SealedFile, sealed_files
from tests.chaos.processes import Command, start

LONGEST_S = 8.0  # what waits by the clock, and not for a lock, is not waited for
_TICK_S = 0.005


class Beside:
    """`left` are the traces that there were when the held process went on."""

    def __init__(self, commands: Callable[[], Iterable[Command]], traces: Path) -> None:
        self._commands = commands
        self._traces = traces
        self._running: int | None = None
        self.left: Mapping[str, SealedFile] = {}

    def run(self) -> None:
        """Run one command after the other, until one does not get on."""
        give_up_s = time.monotonic() + LONGEST_S
        for command in self._commands():
            if not self._runs_to_its_end(command, give_up_s):
                break
        self.left = sealed_files(self._traces)

    def finish(self, deadline_s: float) -> bool:
        """Wait for the one that did not get on; False if it does not end."""
        give_up_s = time.monotonic() + deadline_s
        while self._goes_on() and time.monotonic() < give_up_s:
            time.sleep(_TICK_S)
        return not self._goes_on()

    def _runs_to_its_end(self, command: Command, give_up_s: float) -> bool:
        stderr = os.memfd_create("stderr")
        self._running = start(command, stderr)
        os.close(stderr)
        while self._goes_on():
            if waits_for_lock(self._running) or time.monotonic() > give_up_s:
                return False
            time.sleep(_TICK_S)
        return True

    def _goes_on(self) -> bool:
        """Does not reap what is the supervisor's."""
        if self._running is None:
            return False
        try:
            return os.waitpid(self._running, os.WNOHANG) == (0, 0)
        except ChildProcessError:  # it has been reaped
            return False


def waits_for_lock(pid: int) -> bool:
    """Whether a process waits for a lock that another holds: `1: -> FLOCK ADVISORY WRITE PID …`."""
    return any(words[1] == "->" and words[5] == str(pid) for words in map(str.split, _locks()))


def _locks() -> list[str]:
    return Path("/proc/locks").read_text().splitlines()

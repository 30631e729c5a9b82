"""A command on a terminal: a real pseudo-terminal, of which the screen and all that was written can be looked at."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.fakes.command_line import TIMEOUT_S, environment

_OF_A_TERMINAL = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LC_ALL"}
_PYTHON = [sys.executable, "-P", "-m", "orchestrator"]


class Terminal:
    """`daybreak` in `folder`, on a screen of so many columns and lines; use it in a `with`."""

    def __init__(
        self,
        folder: Path,
        *arguments: object,
        columns: int = 80,
        lines: int = 24,
        variables: Mapping[str, str] | None = None,
        program: Sequence[str] = _PYTHON,
    ) -> None:
        self.written = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        words = [*program, *map(str, arguments)]
        inherited = {name: value for name, value in environment().items() if name not in _OF_A_TERMINAL}
        surroundings = inherited | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | dict(variables or {})
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, surroundings)
        self.resize(columns, lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)  # hangs up

    @property
    def screen(self) -> str:
        """What is to be seen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def cursor_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def until(self, condition: Callable[[str], bool]) -> str:
        """Wait until the screen is so; gives it."""
        give_up_s = time.monotonic() + TIMEOUT_S
        while not condition(self.screen):
            assert time.monotonic() < give_up_s, f"waited in vain; the screen is\n{self.screen}"
            assert self._read(), f"the command has ended; the screen is\n{self.screen}"
        return self.screen

    def end(self) -> int:
        """Wait for the command to end; gives its exit code."""
        while self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self) -> bool:
        """Take what was written, if anything was within a moment; False where the command has ended."""
        if select.select([self._fd], [], [], 0.1)[0]:
            try:
                written = os.read(self._fd, 65536)
            except OSError:  # as Linux says it
                return False
            self.written += written
            self._stream.feed(written)
            return bool(written)
        return True

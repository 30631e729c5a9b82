"""The fault shim: runs a command, sees each system call that touches a directory, and does a fault to the N-th."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import seccomp, system_calls
from tests.chaos.faults import Action, Call, Fault, Role, fits
from tests.chaos.processes import Command, kill_children, reap_children, start, take_text
from tests.chaos.seccomp import Held

_TICK_MS = 20

Observer = Callable[[Call], None]


@dataclass(slots=True)
class Watched:
    """How the command ended: its code (None where it did not), its counted calls, whether the fault was done."""

    exit_code: int | None = None
    calls: list[Call] = field(default_factory=list)
    done: int = 0
    hung: bool = False
    stderr: str = ""


def run_watched(
    command: Command,
    fault: Fault | None = None,
    *,
    reads: bool = False,
    deadline_s: float = 60.0,
    observe: Observer | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Watched:
    """Run the command to its end, or until the deadline, at which all of it is killed.

    Returns when the command has ended and no descendant of it makes system calls any more that are watched for, or
    after a grace of 1 s for those: a coordinator's phases die with it, but not at once. What then still lives is left
    alone: to sweep it is the next coordinator's task. `observe` is called with each counted call before it is done,
    `meanwhile` while one is held.
    """
    supervision = _Supervision(command, fault, observe, meanwhile)
    supervision.start(reads=reads)
    try:
        return supervision.serve(time.monotonic() + deadline_s)
    finally:
        supervision.close()


class _Supervision:
    """One run of one command under the filter."""

    def __init__(
        self,
        command: Command,
        fault: Fault | None,
        observe: Observer | None,
        meanwhile: Callable[[], None] | None,
    ) -> None:
        self._command = command
        self._fault = fault
        self._observe = observe
        self._meanwhile = meanwhile
        self._watched = command.watched.resolve()
        self._counts = dict.fromkeys(Role, 0)
        self._ended = Watched()
        self._stderr = os.memfd_create("stderr")
        self._may_end = command.may_end

    def start(self, *, reads: bool) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._pid = start(self._command, self._stderr, (theirs, system_calls.watches(reads=reads)))
            theirs.close()
            self._listener = seccomp.take_listener(ours)

    def serve(self, deadline_s: float) -> Watched:
        """Answer calls until the command has ended."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        grace_s = None
        while True:
            now_s = time.monotonic()
            if now_s > deadline_s:
                kill_children()
                self._ended.hung = True
                return self._ended
            events = poll.poll(_TICK_MS)
            for _, event in events:
                if event & select.POLLIN and (held := seccomp.receive(self._listener)) is not None:
                    self._answer(held)
                elif event & select.POLLHUP:  # nobody is under the filter any more
                    poll.unregister(self._listener)
            if not events and self._may_end is not None and self._may_end():
                self._may_end = None
                self._terminate()
            self._reap()
            if self._ended.exit_code is not None and not any(event & select.POLLIN for _, event in events):
                grace_s = grace_s or now_s + 1.0
                if not events or now_s > grace_s:
                    return self._ended

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._listener)
        self._ended.stderr = take_text(self._stderr)

    def _reap(self) -> None:
        for pid, status in reap_children():
            if pid == self._pid:
                self._ended.exit_code = os.waitstatus_to_exitcode(status)

    def _terminate(self) -> None:
        if self._ended.exit_code is None:
            os.kill(self._pid, signal.SIGTERM)

    def _answer(self, held: Held) -> None:
        call = self._call_of(held)
        if call is None:
            seccomp.let_go_on(self._listener, held)
            return
        if self._observe is not None:
            self._observe(call)
        number = self._counts[call.role]
        self._counts[call.role] += 1
        self._ended.calls.append(call)
        if self._is_due(call, number):
            self._do_fault(held)
        else:
            seccomp.let_go_on(self._listener, held)

    def _call_of(self, held: Held) -> Call | None:
        """The call, if it touches the watched directory."""
        files = list(system_calls.files_of(held))
        inside = [file.relative_to(self._watched) for file in files if file.is_relative_to(self._watched)]
        if not inside:
            return None
        name = system_calls.BY_NUMBER[held.number].name
        role = _role_of(held.pid)
        return Call(role, name, tuple(inside), system_calls.changes(held), system_calls.creates(held), held.pid)

    def _is_due(self, call: Call, number: int) -> bool:
        fault = self._fault
        if fault is None or fault.role is not call.role or self._ended.done > fault.lasting:
            return False
        return fits(fault.action, call) if self._ended.done and number > fault.number else number == fault.number

    def _do_fault(self, held: Held) -> None:
        assert self._fault is not None
        self._ended.done += 1
        match self._fault.action:
            case Action.KILL:
                os.kill(held.pid, signal.SIGKILL)
            case Action.KILL_COORDINATOR:  # its phases die with it: this one does not get its answer
                os.kill(self._pid, signal.SIGKILL)
            case Action.TERM:
                self._terminate()
                seccomp.let_go_on(self._listener, held)
            case Action.HOLD:
                assert self._meanwhile is not None
                self._meanwhile()
                seccomp.let_go_on(self._listener, held)
            case Action.SHORT:
                try:
                    seccomp.return_instead(self._listener, held, _write_half(held))
                except OSError:  # somebody has killed it meanwhile
                    self._ended.done -= 1
                    seccomp.let_go_on(self._listener, held)
            case action:
                seccomp.return_instead(self._listener, held, -action.errno)


def _role_of(pid: int) -> Role:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return Role.COORDINATOR if b"orchestrator" in words else Role.PHASE


def _write_half(held: Held) -> int:
    """Do the first half of a write in the caller's place; returns its size, at least one byte."""
    half = max(1, held.arguments[2] // 2)
    content = system_calls.read_memory(Path(f"/proc/{held.pid}"), held.arguments[1], half)
    fd = seccomp.take_descriptor(held.pid, held.arguments[0])
    try:
        return os.write(fd, content)
    finally:
        os.close(fd)

"""The kernel's part in fault injection: a process has its system calls held until a supervisor has answered each.

`python seccomp.py SOCKET WHICH COMMAND…` puts itself under a filter, sends the filter's listener through the inherited
socket and becomes the command. Seccomp's user notifications (seccomp_unotify(2)) are exact: they come from the kernel,
so they miss neither what an extension module nor what libc itself calls, and they are inherited by all descendants,
also by phases, whose environment is built from nothing. They need Linux >= 5.19 and no privilege.
"""

import array
import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP = 317
_PIDFD_GETFD = 438
_SET_MODE_FILTER = 1
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5  # the latter: once we have a call, only SIGKILL takes it away
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_ARCHITECTURE = 0xC000003E  # x86-64

_NOTIFICATION = struct.Struct("=QII iIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_RECEIVE = 3 << 30 | _NOTIFICATION.size << 16 | ord("!") << 8 | 0
_SEND = 3 << 30 | _ANSWER.size << 16 | ord("!") << 8 | 1
_CONTINUE = 1

_LOAD, _JUMP_EQUAL, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_LIBC = ctypes.CDLL(None, use_errno=True)


class Watch(NamedTuple):
    """A system call to hold; with `bits`, only where one of them is set in `argument`."""

    number: int
    argument: int = 0
    bits: int = 0


class Held(NamedTuple):
    """A system call that waits for its answer."""

    id: int
    pid: int
    number: int
    arguments: tuple[int, ...]


def unsupported() -> str:
    """Why this machine cannot do it; empty if it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "system calls are known by their numbers on Linux x86-64 only"
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    return "" if release >= (5, 19) else "needs Linux 5.19, for SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"


def receive(listener: int) -> Held | None:
    """The next call that is held; None if its process was killed meanwhile."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except FileNotFoundError:
        return None
    notification_id, pid, _, number, _, _, *arguments = _NOTIFICATION.unpack(buffer)
    return Held(notification_id, pid, number, tuple(arguments))


def let_go_on(listener: int, held: Held) -> None:
    """Have the kernel do the call as if nobody had looked."""
    _answer(listener, _ANSWER.pack(held.id, 0, 0, _CONTINUE))


def return_instead(listener: int, held: Held, value: int) -> None:
    """Have the call return `value`, or fail with errno -`value`, without being done."""
    _answer(listener, _ANSWER.pack(held.id, max(value, 0), min(value, 0), 0))


def come_under_watch(connection: socket.socket, watches: Iterable[Watch]) -> None:
    """Have the calls of this process, and of all that descends from it, held for the other end of `connection`."""
    listener = _hold_my_calls(watches)
    with connection:
        connection.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener]))])
    os.close(listener)


def take_listener(connection: socket.socket) -> int:
    """What the launched process sends; raises ConnectionError if it could not put itself under the filter."""
    _, control, _, _ = connection.recvmsg(1, socket.CMSG_LEN(4))
    if not control:
        raise ConnectionError("the launched process has no listener for us: see its stderr")
    return int(array.array("i", control[0][2])[0])


def take_descriptor(pid: int, descriptor: int) -> int:
    """A duplicate of another process's descriptor, with the same offset into the file."""
    pidfd = os.pidfd_open(pid)
    try:
        duplicate: int = _LIBC.syscall(_PIDFD_GETFD, pidfd, descriptor, 0)
    finally:
        os.close(pidfd)
    if duplicate < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return duplicate


def _answer(listener: int, answer: bytes) -> None:
    with suppress(FileNotFoundError):  # the process was killed meanwhile
        fcntl.ioctl(listener, _SEND, answer)


def _filter_of(watches: Iterable[Watch]) -> bytes:
    """A BPF program: notify of the watched calls, allow the others."""
    program = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, _ARCHITECTURE), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    for watch in watches:
        if watch.bits:
            program += [(_JUMP_EQUAL, 0, 4, watch.number), (_LOAD, 0, 0, 16 + 8 * watch.argument)]
            program += [(_JUMP_BITS, 0, 1, watch.bits), (_RETURN, 0, 0, _NOTIFY), (_RETURN, 0, 0, _ALLOW)]
        else:
            program += [(_JUMP_EQUAL, 0, 1, watch.number), (_RETURN, 0, 0, _NOTIFY)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _hold_my_calls(watches: Iterable[Watch]) -> int:
    """Put this process and all that descends from it under the filter; returns the listener."""
    program = _filter_of(watches)
    text = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(text))
    if _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    listener: int = _LIBC.syscall(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE, header)
    if listener < 0:
        number = ctypes.get_errno()
        hint = " (another supervisor holds our calls already)" if number == errno.EBUSY else ""
        raise OSError(number, f"seccomp(SECCOMP_SET_MODE_FILTER): {os.strerror(number)}{hint}")
    return listener


def main(arguments: list[str]) -> None:
    """Launch: the socket's descriptor, the watches as NUMBER:ARGUMENT:BITS,…, then the command."""
    watches = [Watch(*map(int, words.split(":"))) for words in arguments[1].split(",")]
    come_under_watch(socket.socket(fileno=int(arguments[0])), watches)
    os.execv(arguments[2], arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])

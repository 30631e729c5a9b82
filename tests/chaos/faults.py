"""Faults: what is done to one system call, and which of them make sense for it."""

import errno
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Action(StrEnum):
    """`kill` is SIGKILL before the call is done, to the caller or its coordinator; `short` writes half.

    After `SIGTERM`, to the coordinator, the call is done. `held` does it when others have run beside it, to their end
    or until they wait for a lock. The rest let the call fail.
    """

    KILL = "kill"
    KILL_COORDINATOR = "kill the coordinator"
    TERM = "SIGTERM"
    HOLD = "held"
    SHORT = "short"
    ENOSPC = "ENOSPC"
    EIO = "EIO"
    EINTR = "EINTR"

    @property
    def errno(self) -> int:
        return int(getattr(errno, self))


class Role(StrEnum):
    """Whose call it is: the fork server and what is neither count as phases."""

    COORDINATOR = "coordinator"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that touched a watched directory; `files` are relative to it."""

    role: Role
    name: str
    files: tuple[Path, ...]
    changes: bool
    creates: bool
    pid: int

    def __str__(self) -> str:
        return f"{self.role} {self.name} {' '.join(map(str, self.files))}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Do `action` to the `number`-th counted call of `role`, and to as many as `lasting` more that it fits."""

    role: Role
    number: int
    action: Action
    lasting: int = 0


_WRITES = {"write", "pwrite64", "writev", "pwritev", "sendfile", "copy_file_range"}
_SYNCS = {"fsync", "fdatasync"}
_NEEDS_ROOM = _WRITES | _SYNCS | {"mkdir", "mkdirat", "link", "linkat", "rename", "renameat", "renameat2", "fallocate"}
_INTERRUPTIBLE = {"read", "pread64", "write", "pwrite64", "flock", "fsync", "open", "openat"}
_CANNOT_FAIL_SO = {"stat", "lstat", "newfstatat", "fstat", "access", "faccessat2", "statx", "flock"}


def fits(action: Action, call: Call) -> bool:
    """Whether the kernel could do this to that call."""
    match action:
        case Action.KILL | Action.TERM | Action.HOLD:
            return True
        case Action.KILL_COORDINATOR:
            return call.role is Role.PHASE
        case Action.SHORT:
            return call.name in {"write", "pwrite64"}
        case Action.ENOSPC:
            return call.name in _NEEDS_ROOM or call.creates
        case Action.EINTR:
            return call.name in _INTERRUPTIBLE
        case Action.EIO:
            return call.name not in _CANNOT_FAIL_SO

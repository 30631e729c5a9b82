"""The system calls by which a process reads and changes files, and how each says which file it means."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.seccomp import Held, Watch

_AT_FDCWD = 2**32 - 100  # as the kernel shows the int -100 in a register's lower half
_PATH_MAX = 4096
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class SystemCall:
    """`paths` are pairs of arguments: the directory's descriptor, if the call takes one, and the path.

    `changes` says that the call changes a file, a directory or a lock; of an open call its flags (in the argument
    `flags`) do.
    """

    name: str
    number: int
    paths: tuple[tuple[int | None, int], ...] = ()
    descriptor: int | None = None
    changes: bool = True
    flags: int | None = None


_READING = {
    *(SystemCall(name, number, descriptor=0, changes=False) for name, number in {"read": 0, "pread64": 17}.items()),
    *(
        SystemCall(name, number, descriptor=0, changes=False)
        for name, number in {"fstat": 5, "getdents64": 217}.items()
    ),
    *(SystemCall(n, k, ((None, 0),), changes=False) for n, k in {"stat": 4, "lstat": 6, "access": 21}.items()),
    *(
        SystemCall(n, k, ((0, 1),), changes=False)
        for n, k in {"newfstatat": 262, "faccessat2": 439, "statx": 332}.items()
    ),
}
_ON_DESCRIPTORS = {
    "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "flock": 73, "fsync": 74, "fdatasync": 75,
    "ftruncate": 77, "fallocate": 285, "fchmod": 91,
}  # fmt: skip
_ON_PATHS = {"truncate": 76, "mkdir": 83, "rmdir": 84, "creat": 85, "unlink": 87, "chmod": 90}
_BESIDE_DIRECTORIES = {"mkdirat": 258, "unlinkat": 263, "fchmodat": 268, "utimensat": 280}
_OF_TWO_PATHS = {"rename": 82, "link": 86}
_OF_TWO_BESIDE_DIRECTORIES = {"renameat": 264, "linkat": 265, "renameat2": 316}

ALL = (
    *sorted(_READING, key=lambda call: call.number),
    *(SystemCall(name, number, descriptor=0) for name, number in _ON_DESCRIPTORS.items()),
    *(SystemCall(name, number, ((None, 0),)) for name, number in _ON_PATHS.items()),
    *(SystemCall(name, number, ((0, 1),)) for name, number in _BESIDE_DIRECTORIES.items()),
    *(SystemCall(name, number, ((None, 0), (None, 1))) for name, number in _OF_TWO_PATHS.items()),
    *(SystemCall(name, number, ((0, 1), (2, 3))) for name, number in _OF_TWO_BESIDE_DIRECTORIES.items()),
    SystemCall("symlink", 88, ((None, 1),)),
    SystemCall("symlinkat", 266, ((1, 2),)),
    SystemCall("copy_file_range", 326, descriptor=2),
    SystemCall("sendfile", 40, descriptor=0),
    SystemCall("open", 2, ((None, 0),), flags=1),
    SystemCall("openat", 257, ((0, 1),), flags=2),
)
BY_NUMBER = {call.number: call for call in ALL}


def watches(*, reads: bool) -> list[Watch]:
    """What to hold: all calls, or only those that change something."""
    if reads:
        return [Watch(call.number) for call in ALL]
    return [Watch(call.number, call.flags or 0, _WRITING if call.flags else 0) for call in ALL if call.changes]


def opens_for_writing(held: Held) -> bool:
    call = BY_NUMBER[held.number]
    return call.flags is not None and bool(held.arguments[call.flags] & _WRITING)


def creates(held: Held) -> bool:
    call = BY_NUMBER[held.number]
    return call.flags is not None and bool(held.arguments[call.flags] & os.O_CREAT)


def changes(held: Held) -> bool:
    call = BY_NUMBER[held.number]
    return call.changes if call.flags is None else opens_for_writing(held)


def files_of(held: Held) -> Iterator[Path]:
    """The files that the call names; none if the process is gone."""
    call = BY_NUMBER[held.number]
    process = Path(f"/proc/{held.pid}")
    try:
        if call.descriptor is not None:
            yield (process / "fd" / str(held.arguments[call.descriptor])).readlink()
        for directory, path in call.paths:
            yield _resolve(process, None if directory is None else held.arguments[directory], held.arguments[path])
    except OSError:
        return


def _resolve(process: Path, directory: int | None, address: int) -> Path:
    name = os.fsdecode(read_memory(process, address, _PATH_MAX).partition(b"\0")[0])
    if name.startswith("/"):
        return Path(os.path.normpath(name))
    inherited = directory is None or directory & 0xFFFFFFFF == _AT_FDCWD
    start = (process / "cwd" if inherited else process / "fd" / str(directory)).readlink()
    return Path(os.path.normpath(start / name))


def read_memory(process: Path, address: int, size: int) -> bytes:
    """Up to `size` bytes at `address` of a process."""
    fd = os.open(process / "mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(fd, size, address)
    finally:
        os.close(fd)

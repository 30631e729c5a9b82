"""Moves a file or directory from one folder to another in one step that never replaces anything."""

import ctypes
import errno
import os
from pathlib import Path

from phase_worker.contract import ConfigError
from phase_worker.contract.files import fsync_directory

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS}


def move(source: Path, target: Path, *, durable: bool = True) -> None:
    """Give `source` the name `target`; raises FileExistsError where that is taken, FileNotFoundError and OSError.

    At every instant it has one of the two names. A move that is not `durable` may be undone by a power cut.
    """
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE):
        number = ctypes.get_errno()
        if number in _UNSUPPORTED:
            raise ConfigError(
                f"this file system cannot move a file without replacing another ({os.strerror(number)}). Use a queue "
                "directory on a local file system, such as ext4, xfs, btrfs or tmpfs.",
                where=str(target.parent),
                code="E-QUEUEFS",
            )
        raise OSError(number, os.strerror(number), str(source), None, str(target))
    if durable:
        sync_move(source, target)


def sync_move(source: Path, target: Path) -> None:
    """Make a move durable that has been made."""
    fsync_directory(target.parent)
    fsync_directory(source.parent)

"""Files that are either wholly there or not there, also after a power cut."""

import os
from pathlib import Path


def fsync_directory(directory: str | Path) -> None:
    """Make the names in `directory` durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def publish(temporary: Path, final: Path) -> None:
    """Give a complete, fsynced file its final name, at most once.

    Raises FileExistsError when `final` exists: a published file is never replaced.
    """
    os.link(temporary, final, follow_symlinks=False)
    fsync_directory(os.path.dirname(final) or ".")
    os.unlink(temporary)


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `content`: a reader sees the old bytes or the new ones, never a mixture.

    What can be made again from a sealed trace need not be durable: after a power cut it may be gone or garbage.
    """
    directory, name = os.path.split(path)
    directory = directory or "."
    # Not named by a process: on another node of a cluster may be one of the same number.
    temporary = f"{directory}/.{name}.{os.urandom(8).hex()}.tmp"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        write_all(fd, content)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(temporary, path)
    if durable:
        fsync_directory(directory)


def write_all(fd: int, content: bytes | memoryview) -> None:
    """Write every byte: a single os.write may write fewer."""
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]

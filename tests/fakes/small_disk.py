"""A small file system in memory, which can be filled."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CHUNK = bytes(1 << 12)


@contextmanager
def small_disk(folder: Path, size_bytes: int, files: int = 1000) -> Iterator[Path]:
    """A file system of this size, for so many files and directories; the test is skipped where none can be mounted."""
    folder.mkdir()
    options = f"size={size_bytes},nr_inodes={files},mode=0755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"only a user who may mount can have a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(folder: Path) -> Path:
    """Write a file until there is no room left; it is what can be deleted to make room."""
    path = folder / "filling"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        for _ in range(10_000):
            file.write(_CHUNK)
    return path


def use_up_files(folder: Path) -> list[Path]:
    """Make files until there can be no more."""
    made = []
    with suppress(OSError):
        for number in range(10_000):
            path = folder / f"filling-{number}"
            path.touch()
            made.append(path)
    return made

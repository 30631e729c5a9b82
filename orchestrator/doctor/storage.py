"""A file system: what a directory of traces, or a queue, needs of it, tried out."""

import fcntl
import os
import shutil
import stat
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.doctor.finding import Finding, amount, bad, warn
from orchestrator.queue.moves import move
from phase_worker.contract import ConfigError

_BETWEEN_MACHINES = ("nfs", "cifs", "smb", "fuse", "9p", "lustre", "gpfs", "beegfs", "ceph", "afs")
_IN_MEMORY = ("tmpfs", "ramfs")
_LEAST_BYTES, _FEW_BYTES = 256 << 20, 2 << 30
_FEW_FILES = 10_000
_FSYNCS = 9
_SLOW_FSYNC_S = 0.05


def storage(name: str, directory: Path, *, queue: bool = False) -> Iterator[Finding]:
    """What is tried is tried in a directory of its own, in the nearest one that there is."""
    there = directory.resolve()
    while not there.exists():
        there = there.parent
    yield file_system(name, there, _type_of(there), queue=queue)
    yield from _room(name, there)
    if queue and directory.exists():
        yield _owner(directory)
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=there) as folder:
            yield from _tried(name, Path(folder), queue=queue)
    except OSError as error:
        yield bad(f"{name}: writing", str(error), f"give a directory that can be written to, by --{name}")


def file_system(name: str, directory: Path, kind: str, *, queue: bool) -> Finding:
    """What its type tells."""
    topic, found = f"{name}: {directory}", kind
    if kind.startswith(_BETWEEN_MACHINES):
        if queue:
            return bad(topic, found, "locks do not hold between machines: put the queue on a local disk")
        return warn(topic, found, "have each run worked on by one machine at a time")
    if kind.startswith(_IN_MEMORY):
        return warn(topic, found, "it is memory: gone after a restart, and taken from what phases may use")
    return Finding(topic, found)


def _type_of(directory: Path) -> str:
    """By the mount that is nearest above it."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    above = [directory, *directory.parents]
    places = {Path(place.encode().decode("unicode_escape")): kind for _, place, kind, *_ in mounts}
    return next(places[folder] for folder in above if folder in places)


def _room(name: str, directory: Path) -> Iterator[Finding]:
    free, files = shutil.disk_usage(directory).free, os.statvfs(directory)
    topic, found = f"{name}: room", f"{amount(free)} free"
    if free < _LEAST_BYTES:
        yield bad(topic, found, "make room: a queue starts nothing with less than 256 MiB")
    elif free < _FEW_BYTES:
        yield warn(topic, found, "write less by `trace: {level: metrics}` or `{compress: zst}`")
    else:
        yield Finding(topic, found)
    if files.f_files and files.f_favail < _FEW_FILES:
        yield warn(f"{name}: files", f"room for {files.f_favail} more", "a phase makes up to six: remove old runs")


def _owner(directory: Path) -> Finding:
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return bad("queue: mode", f"{mode:o}", f"others could run jobs as you: say `chmod go-w {directory}`")
    return Finding("queue: mode", f"{mode:o}")


def _tried(name: str, folder: Path, *, queue: bool) -> Iterator[Finding]:
    (folder / "a").write_bytes(b"x")
    yield _works(f"{name}: hard links", lambda: (folder / "b").hardlink_to(folder / "a"))
    yield _works(f"{name}: locks", lambda: _lock_twice(folder / "a"))
    if queue:
        yield _works(f"{name}: moves without replacing", lambda: move(folder / "a", folder / "c"))
    yield _fsync_time(name, folder)


def _works(topic: str, attempt: Callable[[], None]) -> Finding:
    try:
        attempt()
    except (OSError, ConfigError) as error:
        return bad(topic, str(error), "use a local file system such as ext4, xfs or btrfs")
    return Finding(topic, "work")


def _lock_twice(path: Path) -> None:
    with path.open() as first, path.open() as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    raise OSError("two may hold one lock")


def _fsync_time(name: str, folder: Path) -> Finding:
    times = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(_FSYNCS):
            file.write(b"x" * 4096)
            started_s = time.perf_counter()
            os.fsync(file)
            times.append(time.perf_counter() - started_s)
    typical_s = statistics.median(times)
    topic, found = f"{name}: fsync", f"{typical_s * 1000:.2f} ms"
    if typical_s > _SLOW_FSYNC_S:
        return warn(topic, found, "each phase waits for two: use fewer and longer phases, or a faster disk")
    return Finding(topic, found)

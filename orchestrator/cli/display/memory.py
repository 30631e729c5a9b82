"""The memory of running phases, as /proc tells it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from phase_worker.contract.process_marks import RUN_VARIABLE

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_GONE_OR_ANOTHERS = (FileNotFoundError, ProcessLookupError, PermissionError)


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of processes, those that have ended left out.

    Pages that several share, such as those of the bars, count for each.
    """
    return sum(_own_bytes(pid) for pid in pids)


def descendants(pid: int) -> Iterator[int]:
    """The processes below one."""
    with suppress(*_GONE_OR_ANOTHERS):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            yield child
            yield from descendants(child)


def marked(mark: str) -> Iterator[int]:
    """The processes with a run's mark in their environment."""
    wanted = f"{RUN_VARIABLE}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(*_GONE_OR_ANOTHERS):
            if wanted in (variable.rstrip(b" ") for variable in (folder / "environ").read_bytes().split(b"\0")):
                yield int(folder.name)


def _own_bytes(pid: int) -> int:
    with suppress(*_GONE_OR_ANOTHERS):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    return 0

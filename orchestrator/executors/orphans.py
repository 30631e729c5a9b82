"""Orphans of this process's descendants: makes them its children, and sees cheaply whether there are any."""

import os
from collections.abc import Container

from phase_worker.contract.prctl import PR_SET_CHILD_SUBREAPER, prctl


def adopt_orphans() -> None:
    """From now on orphaned descendants become children of this process (a child subreaper)."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def may_have_unknown_children(known: Container[int]) -> bool:
    """False is certain: this process has no child but those with a pid in `known`. Costs 20 µs."""
    try:
        children = [_read(f"/proc/self/task/{thread}/children") for thread in os.listdir("/proc/self/task")]
    except (FileNotFoundError, ProcessLookupError):  # a thread ended meanwhile, or this kernel has no such files
        return True
    return any(int(pid) not in known for pids in children for pid in pids.split())


def _read(file: str) -> bytes:
    with open(file, "rb", buffering=0) as children:
        return children.read()

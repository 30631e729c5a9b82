"""Orphans of this process's descendants: makes them its children, and sees cheaply whether there are any."""

from collections.abc import Container
from pathlib import Path

from phase_worker.contract.prctl import PR_SET_CHILD_SUBREAPER, prctl


def adopt_orphans() -> None:
    """From now on orphaned descendants become children of this process (a child subreaper)."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def may_have_unknown_children(known: Container[int]) -> bool:
    """False is certain: this process has no child but those with a pid in `known`. Costs 30 µs."""
    try:
        children = [(thread / "children").read_text().split() for thread in Path("/proc/self/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):  # a thread ended meanwhile, or this kernel has no such files
        return True
    return any(int(pid) not in known for pids in children for pid in pids)

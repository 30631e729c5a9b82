"""The process tree of a phase: kills and reaps what outlives its phase or its coordinator.

This process is a child subreaper and so is every phase. The orphans of a phase therefore stay below it while it runs
and become children of this process when it ends: killing unknown children until there are none ends the whole tree,
also what made a session of its own or cleared its environment.

This process may have children that are none of ours (a notebook's, another executor's). A child is touched only if
  - it carries DAYBREAK_PHASE, and DAYBREAK_RUN of a run of this executor, in its environment, or
  - it has the raised oom_score_adj that a phase's descendants inherit, and does not carry another run's DAYBREAK_RUN.
"""

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from phase_worker.contract.process_marks import PHASE_VARIABLE, RUN_VARIABLE, raised_oom_score

logger = logging.getLogger(__name__)

_PATIENCE_S = 10.0
_ROUND_S = 1.0


def kill_left_overs(runs: Collection[str], known: Collection[int]) -> None:
    """Kill and reap what ended phases of `runs` (run marks) left; children with a pid in `known` are to go on."""

    def unknown_children() -> list[int]:
        return [child.pid for child in psutil.Process().children() if child.pid not in known]

    _kill_all(unknown_children, lambda process: _is_left_over(process, runs))


def sweep(mark: str) -> None:
    """Kill what a dead coordinator left that carries `mark`; the caller must hold the lock that the mark stands for."""
    _kill_all(psutil.pids, lambda process: _environment(process).get(RUN_VARIABLE) == mark)


def _is_left_over(process: psutil.Process, runs: Collection[str]) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        # Its environment is gone. A session's leader may be a phase of another executor, which wants to reap it.
        return os.getsid(process.pid) != process.pid and _has_raised_oom_score(process)
    environment = _environment(process)
    if RUN_VARIABLE in environment and environment[RUN_VARIABLE] not in runs:
        return False
    return PHASE_VARIABLE in environment or _has_raised_oom_score(process)


def _environment(process: psutil.Process) -> dict[str, str]:
    """What can be seen of the environment that `process` was started with."""
    try:
        return process.environ()
    except psutil.AccessDenied:
        return {}


def _has_raised_oom_score(process: psutil.Process) -> bool:
    own = _oom_score("self")
    return raised_oom_score(own) == _oom_score(process.pid) != own


def _oom_score(pid: int | str) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def _kill_all(pids: Callable[[], Iterable[int]], belongs: Callable[[psutil.Process], bool]) -> None:
    """Kill what belongs, and what then turns up, until there is nothing; those that are children are reaped."""
    give_up_s = time.monotonic() + _PATIENCE_S
    while found := list(_select(pids(), belongs)):
        if time.monotonic() > give_up_s:
            logger.warning("these processes of a phase that has ended cannot be killed: %s", found)
            return
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=_ROUND_S)


def _select(pids: Iterable[int], belongs: Callable[[psutil.Process], bool]) -> Iterable[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            if belongs(process := psutil.Process(pid)):
                yield process

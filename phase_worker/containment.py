"""What a phase process does to itself first, so that it cannot outgrow its limits or outlive its executor."""

import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from phase_worker.contract.prctl import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from phase_worker.contract.process_marks import PARENT_VARIABLE, raised_oom_score
from phase_worker.contract.request import Limits


def contain(limits: Limits) -> None:
    """Limit this process and its descendants; under an executor also tie them to it.

    RLIMIT_DATA bounds the private memory of each process by itself. Without DAYBREAK_PARENT in the environment (a
    scheduler's job, a phase run by hand) the session stays as it is: scheduler and terminal kill by their own means.
    """
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    parent_pid = os.environ.pop(PARENT_VARIABLE, None)
    if parent_pid is not None:
        _depend_on(int(parent_pid))


def peak_memory_bytes() -> int:
    """The largest resident size so far of this process alone (VmHWM)."""
    _, _, rest = Path("/proc/self/status").read_bytes().partition(b"VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, allowed))


def _depend_on(parent_pid: int) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before the line above: die as if by that line
        os.kill(os.getpid(), signal.SIGKILL)
    # Orphans stay below this process while it lives, so one that comes to the executor is from a phase that has ended.
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    with suppress(OSError):  # a read-only /proc: the score is a preference and one mark of two, not a limit
        _raise_oom_score()


def _raise_oom_score() -> None:
    # Bare system calls: text files cost a freshly forked process 0.4 ms of page faults.
    fd = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
    try:
        os.pwrite(fd, b"%d" % raised_oom_score(int(os.read(fd, 16))), 0)
    finally:
        os.close(fd)

"""What a phase process does to itself first, so that it cannot outgrow its limits or outlive its executor."""

import os
import resource
import signal
from contextlib import suppress

from phase_worker.contract.prctl import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from phase_worker.contract.process_marks import PARENT_VARIABLE, raised_oom_score
from phase_worker.contract.request import Limits

_STATUS_BYTES = 4096


def contain(limits: Limits) -> None:
    """Limit this process and its descendants; under an executor also tie them to it.

    Without DAYBREAK_PARENT in the environment (a scheduler's job, a phase run by hand) the session stays as it is:
    scheduler and terminal kill by their own means.
    """
    forbid_core_files()
    limit_memory(limits)
    parent_pid = os.environ.pop(PARENT_VARIABLE, None)
    if parent_pid is not None:
        if os.getsid(0) != os.getpid():
            os.setsid()
        depend_on(int(parent_pid))
        raise_oom_score()


def limit_memory(limits: Limits) -> None:
    """RLIMIT_DATA bounds the private memory of each process by itself."""
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)


def forbid_core_files() -> None:
    """What this process starts inherits that."""
    _limit(resource.RLIMIT_CORE, 0)


def depend_on(parent_pid: int) -> None:
    """Be killed when the thread ends that started this process; keep its orphans as children."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before the line above: die as if by that line
        os.kill(os.getpid(), signal.SIGKILL)
    # Orphans stay below this process while it lives, so one that comes to the executor is from a phase that has ended.
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def raise_oom_score() -> None:
    """Become what the kernel ends before the coordinator; what this process starts inherits that."""
    with suppress(OSError):  # a read-only /proc: the score is a preference and one mark of two, not a limit
        # Bare system calls here and below: text files cost a freshly forked process 0.4 ms of page faults.
        fd = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
        try:
            os.pwrite(fd, b"%d" % raised_oom_score(int(os.read(fd, 16))), 0)
        finally:
            os.close(fd)


def peak_memory_bytes() -> int:
    """The largest resident size so far of this process alone (VmHWM)."""
    fd = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _, _, rest = os.read(fd, _STATUS_BYTES).partition(b"VmHWM:")
    finally:
        os.close(fd)
    return int(rest.split(maxsplit=1)[0]) * 1024


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, allowed))

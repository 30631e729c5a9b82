"""The system call prctl, which Python does not have."""

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_PRCTL = ctypes.CDLL(None, use_errno=True).prctl
_PRCTL.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)


def prctl(option: int, value: int) -> None:
    """Set a property of this process, or of this thread (prctl(2)); raises OSError."""
    if _PRCTL(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}, {value}): {os.strerror(number)}")

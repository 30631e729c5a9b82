"""The environment of phases and of what forks them: built from nothing, so that no setting changes a result."""

import os
from pathlib import Path

PACKAGES_ROOT = Path(__file__).resolve().parents[2]

# Where programs, the user's files and shared libraries are found. Nothing else of the caller's environment reaches a
# phase: whatever could change its result (locale, time zone, hash seed, number of threads) is set below.
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
_SET = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONPATH": str(PACKAGES_ROOT),
    "PYTHONHASHSEED": "0",
    # The log of a phase that was killed holds all that it printed, and where it was when it crashed.
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def shared_environment() -> dict[str, str]:
    """What all phases find in their environment; their marks come to it."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | _SET

"""Signals that ask a command to end: its user's, a scheduler's whose time is nearly over, a closed terminal's."""

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from types import FrameType

# A scheduler says with SIGUSR1 (Slurm), SIGUSR2 (Grid Engine) or SIGTERM that time is nearly over.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def exit_on_signals(advice: str) -> None:
    """Leave through the stack when one comes, so that the executor ends what is running; say `advice`, if any."""
    for number in ENDING_SIGNALS:
        signal.signal(number, partial(_exit, advice))


def _exit(advice: str, number: int, _frame: FrameType | None) -> None:
    """A second signal does not cut the first one short."""
    for other in ENDING_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    if advice:
        with suppress(OSError):  # the terminal is gone
            # Not by print(), which this may have interrupted.
            os.write(2, f"stopped by {signal.Signals(number).name}: {advice}\n".encode())
    sys.exit(128 + number)

"""A time limit on code of others that runs in this process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from phase_worker.contract import ConfigError

_AGAIN_S = 0.5  # for code that catches everything


@contextmanager
def time_limit(limit_s: float, what: str) -> Iterator[None]:
    """Raise ConfigError (E-TIMEOUT) from within after `limit_s`; only in the main thread, and not within C code.

    Code that tries to end the process is stopped too.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        if armed:
            raise ConfigError(
                f"{what} took longer than {limit_s:g} s. Have a phase do what takes long.", code="E-TIMEOUT"
            )

    armed = True
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s, _AGAIN_S)
    try:
        try:
            yield
        except SystemExit as error:
            raise ConfigError(f"{what} tried to end the process (exit code {error.code})", code="E-RAISED") from error
        finally:
            armed = False
    finally:  # also if the alarm came in the line before
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

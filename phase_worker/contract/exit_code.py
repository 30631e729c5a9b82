"""The one list of codes that a phase process exits with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Follows sysexits.h where it has a word for it, so that a shell user can read it."""

    COMPLETED = 0
    DATA = 65  # the market data is wrong: never retried
    INPUT = 66  # an input trace is missing, unsealed, truncated or changed
    FAILED = 70  # a component raised, or there is a bug in Daybreak
    OUT_OF_MEMORY = 71  # the phase asked for more than its limit
    TRANSIENT = 75  # a file-system or other passing failure: may be retried
    CONFIG = 78  # an unknown name or an impossible setting: never retried

"""Errors that say what, where, what was allowed, and what to do."""

from collections.abc import Iterable

from phase_worker.contract.exit_code import ExitCode

_MOST_KNOWN = 60


class DaybreakError(Exception):
    """The base of every error that Daybreak raises on purpose; its message is for the user.

    `code` is a stable word such as `E-SCHEMA`; `where` is `file:line:column`, a path or a key.
    """

    code = "E-FAILED"
    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, where: str = "", code: str = "") -> None:
        self.message = message
        self.where = where
        self.code = code or type(self).code
        super().__init__(message)

    def __str__(self) -> str:
        prefix = f"{self.where}: " if self.where else ""
        return f"{prefix}error {self.code}: {self.message}"


class ConfigError(DaybreakError):
    """The job or the request asks for something that does not exist or cannot be."""

    code = "E-CONFIG"
    exit_code = ExitCode.CONFIG


class ComponentError(ConfigError):
    """A component is unknown, declared twice, wrongly declared, or cannot be imported."""

    code = "E-COMPONENT"


class DataError(DaybreakError):
    """The market data cannot be trusted."""

    code = "E-DATA"
    exit_code = ExitCode.DATA


class InputTraceError(DaybreakError):
    """A trace that must be read is missing, unsealed, truncated or changed."""

    code = "E-TRACE"
    exit_code = ExitCode.INPUT


class OutOfMemoryError(DaybreakError):
    """The phase reached its memory limit."""

    code = "E-MEMORY"
    exit_code = ExitCode.OUT_OF_MEMORY


class TransientError(DaybreakError):
    """Something outside failed that may work later."""

    code = "E-TRANSIENT"
    exit_code = ExitCode.TRANSIENT


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown name: the known ones, and the nearest."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only a mistake needs it

    names = sorted(known)
    shown = ", ".join(names[:_MOST_KNOWN]) + (f" and {len(names) - _MOST_KNOWN} more" if names[_MOST_KNOWN:] else "")
    text = f"Known: {shown or 'none'}."
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"{text} Did you mean '{near[0]}'?" if near else text

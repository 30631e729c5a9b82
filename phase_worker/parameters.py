"""The declared parameter space of a strategy or other component: types, ranges, default grid."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number from `low` to `high`, both included."""

    default: int
    low: int
    high: int
    grid: tuple[int, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Why `value` is not allowed, or None if it is."""
        if isinstance(value, bool) or not isinstance(value, int):
            return f"expected a whole number, got {value!r}"
        return _range_problem(value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Float:
    """A number from `low` to `high`, both included."""

    default: float
    low: float
    high: float
    grid: tuple[float, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Why `value` is not allowed, or None if it is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"expected a number, got {value!r}"
        return _range_problem(value, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the named `options`."""

    default: str
    options: tuple[str, ...]
    grid: tuple[str, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Why `value` is not allowed, or None if it is."""
        return None if value in self.options else f"expected one of {', '.join(self.options)}, got {value!r}"


Parameter = Int | Float | Choice
PARAMETER_KINDS: tuple[type[Parameter], ...] = (Int, Float, Choice)


def _range_problem(value: float, low: float, high: float) -> str | None:
    return None if low <= value <= high else f"expected {low} to {high}, got {value!r}"

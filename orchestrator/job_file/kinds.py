"""The kinds of keys that a job has: what each expects, and how it holds what it is given."""

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from math import inf, nan
from typing import Any, Final

REQUIRED: Final = object()
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Field:
    """One key; left out it has the `default`, and where that is None it may be null."""

    doc: str
    _: KW_ONLY
    default: Any = REQUIRED

    @property
    def expected(self) -> str:
        """What may stand here, as a message says it."""
        return "a mapping"

    @property
    def required(self) -> bool:
        """Whether the key must be given."""
        return self.default is REQUIRED

    @property
    def if_absent(self) -> Any:
        """The value of a key that is left out; None where it must not be."""
        return None if self.required else self.default

    def accepted(self, value: Any) -> Any:
        """A scalar as the job holds it, or None where it is not allowed."""
        return None


@dataclass(frozen=True, slots=True)
class Text(Field):
    """Text that is not empty; one of the `options`, if there are any."""

    _: KW_ONLY
    options: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.options)}" if self.options else "text"

    def accepted(self, value: Any) -> str | None:
        return (value or None) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Name(Text):
    """The name of a component of the type `component`."""

    _: KW_ONLY
    component: str

    @property
    def expected(self) -> str:
        return f"the name of a component of type {self.component}"


@dataclass(frozen=True, slots=True)
class Flag(Field):
    """True or false."""

    @property
    def expected(self) -> str:
        return "true or false"

    def accepted(self, value: Any) -> bool | None:
        return value if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A number from `low` to `high`, both included."""

    _: KW_ONLY
    low: float = 0
    high: float = inf

    @property
    def expected(self) -> str:
        return f"a number {self.range}".rstrip()

    @property
    def range(self) -> str:
        """The range as a message says it."""
        if self.high < inf:
            return f"from {self.low:,} to {self.high:,}"
        return "" if self.low == -inf else f"of at least {self.low:,}"

    def accepted(self, value: Any) -> float | None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and self.low <= value <= self.high else None


@dataclass(frozen=True, slots=True)
class Whole(Number):
    """A whole number from `low` to `high`, both included."""

    @property
    def expected(self) -> str:
        return f"a whole number {self.range}"

    def accepted(self, value: Any) -> int | None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole and self.low <= value <= self.high else None


@dataclass(frozen=True, slots=True)
class Quantity(Number):
    """A number of `unit`, or text with a number and one of the `units`, such as `example`."""

    _: KW_ONLY
    unit: str
    units: Mapping[str, int]
    example: str

    @property
    def expected(self) -> str:
        return f"a number of {self.unit} {self.range}, or text such as {self.example}"

    def accepted(self, value: Any) -> float | None:
        if isinstance(value, str):
            match = _QUANTITY.fullmatch(value)
            worth = {unit.lower(): worth for unit, worth in self.units.items()}
            value = float(match[1]) * worth.get(match[2].lower(), nan) if match else nan
        return Number.accepted(self, value)


@dataclass(frozen=True, slots=True)
class Scalar(Field):
    """Text or a number; what exactly, a component declares."""

    @property
    def expected(self) -> str:
        return "text or a number"

    def accepted(self, value: Any) -> str | float | None:
        return value if isinstance(value, str | int | float) else None


@dataclass(frozen=True, slots=True)
class Free(Field):
    """A mapping of anything."""


@dataclass(frozen=True, slots=True)
class Table(Field):
    """A mapping from names that the user chooses to `item`."""

    item: Field
    _: KW_ONLY
    default: Any = None


@dataclass(frozen=True, slots=True)
class Many(Field):
    """A list of `item`, `at_least` so many."""

    item: Field
    _: KW_ONLY
    default: Any = ()
    at_least: int = 0

    @property
    def expected(self) -> str:
        return f"a list of at least {self.at_least}" if self.at_least else "a list"


@dataclass(frozen=True, slots=True)
class ShortFor(Field):
    """Another way to write the key at `target`."""

    target: tuple[str, ...]
    _: KW_ONLY
    default: Any = None


@dataclass(frozen=True, slots=True)
class Expanded(Field):
    """What makes several jobs of one, none of which has it."""

    _: KW_ONLY
    default: Any = None


@dataclass(frozen=True, slots=True)
class Section(Field):
    """A mapping with the keys `fields`; a scalar in its place is short for the one that `short_for` names."""

    fields: Mapping[str, Field]
    _: KW_ONLY
    short_for: str = ""

    @property
    def own_fields(self) -> dict[str, Field]:
        """The fields that have a value here."""
        return {name: field for name, field in self.fields.items() if not isinstance(field, ShortFor | Expanded)}

    def is_short(self, value: Any) -> bool:
        """Whether `value` stands for that one key."""
        return bool(self.short_for) and self.fields[self.short_for].accepted(value) is not None

    @property
    def expected(self) -> str:
        short = f"{self.fields[self.short_for].expected}, or " if self.short_for else ""
        return f"{short}a mapping with {', '.join(self.fields)}"

    @property
    def required(self) -> bool:
        return any(field.required for field in self.fields.values())

    @property
    def if_absent(self) -> dict[str, Any]:
        return {name: field.if_absent for name, field in self.own_fields.items()}

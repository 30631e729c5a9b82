"""What is wrong with a job: every problem at once, each with its code and place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from phase_worker.contract import ConfigError

KeyPath = tuple[str | int, ...]

# A hostile file of 64 KiB can hold thousands of mistakes; nobody reads more than this.
MAX_PROBLEMS = 100
_MAX_MESSAGE = 2000
_MAX_SHOWN = 60


def printable(text: str) -> str:
    """`text` with control characters escaped: what comes from a file must not reach the terminal as it is."""
    return repr(text)[1:-1]


def shown(value: Any) -> str:
    """`value` as a message quotes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def dotted(path: KeyPath) -> str:
    """A key path as a user writes it: `phases.train.depends_on.0`."""
    return ".".join(printable(str(key)[:_MAX_SHOWN]) for key in path)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a job file, counted from 1; line 0 is a source as a whole, or one without lines (a dict)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `path` is the key path it concerns, empty where the place says it all."""

    code: str
    place: Place
    message: str
    path: KeyPath = ()

    @property
    def where(self) -> str:
        """`file:line:column`, or the key path where there are no lines."""
        return dotted(self.path) if self.path and not self.place.line else str(self.place)

    def __str__(self) -> str:
        key = f"{dotted(self.path)}: " if self.path and self.place.line else ""
        return f"{self.where}: error {self.code}: {key}{self.message}"


class JobErrors(ConfigError):
    """All that is wrong with a job, in order of position: `str` gives one line per problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        super().__init__("\n".join(map(str, self.problems)), code=self.problems[0].code)

    def __str__(self) -> str:
        return self.message


@dataclass(slots=True)
class Report:
    """Collects problems, so that one reading of a job finds all of them."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, place: Place, message: str, path: KeyPath = ()) -> None:
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "…"
        self.problems.append(Problem(code, place, message, path))
        if len(self.problems) == MAX_PROBLEMS:
            self.stop("E-TOOMANY", place, f"reading stopped after {MAX_PROBLEMS} problems")

    def stop(self, code: str, place: Place, message: str, path: KeyPath = ()) -> NoReturn:
        """Add the problem after which reading on makes no sense, and raise all."""
        raise JobErrors([*self.problems, Problem(code, place, message, path)])

    def raise_any(self) -> None:
        if self.problems:
            raise JobErrors(self.problems)

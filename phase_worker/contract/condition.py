"""What decides whether a phase runs or is skipped: what earlier ones resulted in, and which of them ran."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """What the results that the extractor `category` reads out of the traces of `phases` must say of `field`.

    All of the comparisons that are not None must hold; `field` may be within another: `metrics.sharpe_ratio`. `rows`
    says of which results: the `only` one there is, the `first`, the `last`, `any` or `all`.
    """

    phases: tuple[str, ...]
    category: str
    field: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    equals: str | float | None = None
    rows: str = "only"


@dataclass(frozen=True, slots=True)
class Gate:
    """A phase is skipped unless every condition `when` holds, and, of the phases `reads`, it `requires` all or any.

    Its topology is given the traces of those of `reads` that were not skipped, and no others; where it `requires` none,
    of all of them.
    """

    when: tuple[Condition, ...]
    reads: tuple[str, ...]
    requires: str = "all"

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "Gate":
        when = tuple(Condition(**{**each, "phases": tuple(each["phases"])}) for each in document["when"])
        return cls(when, tuple(document["reads"]), document["requires"])

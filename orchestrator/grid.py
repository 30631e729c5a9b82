"""What of a strategy is varied: its parameters, their grid, and the trials that its constraints allow."""

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from phase_worker.contract import ConfigError
from phase_worker.discovery import parse_constraint

# More trials than one process should hold, or a reader of the result believe.
MAX_TRIALS = 100_000
# Characters of constraints times combinations: to check so many takes half a second.
MAX_CHECKED = 10_000_000


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """A strategy and what to run it with; the order of the keys of `grid` is the order of the trials.

    `params` has a value for every parameter: it holds where a workflow runs one trial only, and for what `grid` leaves
    out. `constraints` are comparisons such as `fast < slow`, the strategy's own first.
    """

    name: str
    params: dict[str, Any]
    grid: dict[str, tuple[Any, ...]]
    constraints: tuple[str, ...]

    @property
    def numeric(self) -> list[str]:
        """The parameters that a constraint can compare."""
        return [name for name, value in self.params.items() if not isinstance(value, str)]


def expand_grid(strategy: StrategyChoice) -> list[dict[str, Any]]:
    """The parameters of every trial, the grid's last key fastest, without those that a constraint forbids.

    Raises ConfigError: E-GRID where no trial is left or there are too many, E-SCHEMA for a bad constraint.
    """
    if (size := prod(map(len, strategy.grid.values()))) > MAX_TRIALS:
        raise ConfigError(f"the grid has {size:,} combinations. Allowed: {MAX_TRIALS:,}.", code="E-GRID")
    if (checked := size * sum(map(len, strategy.constraints))) > MAX_CHECKED:
        raise ConfigError(
            f"to check the constraints of {size:,} combinations would take long: their number times the characters of "
            f"all constraints is {checked:,}. Allowed: {MAX_CHECKED:,}.",
            code="E-GRID",
        )
    constraints = [parse_constraint(text, strategy.numeric) for text in strategy.constraints]
    combinations = product(*strategy.grid.values())
    trials = [strategy.params | dict(zip(strategy.grid, values, strict=True)) for values in combinations]
    try:
        allowed = [trial for trial in trials if all(allows(trial) for allows in constraints)]
    except ArithmeticError as error:
        raise ConfigError(f"a constraint cannot be computed for every trial: {error}", code="E-GRID") from None
    if not allowed:
        raise ConfigError(
            f"no trial is left: the constraints ({', '.join(strategy.constraints)}) forbid all {size}.", code="E-GRID"
        )
    return allowed

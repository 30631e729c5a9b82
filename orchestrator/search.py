"""The trials of a search: every combination of the grid, sets drawn at random from ranges, or what Optuna proposes."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from orchestrator.grid import StrategyChoice, expand_grid
from orchestrator.job_file.errors import KeyPath
from orchestrator.job_file.tree import TreeReport
from phase_worker.contract import ConfigError, did_you_mean
from phase_worker.discovery import Choice, ComponentInfo, Float, Int, parse_constraint

# Draws for each trial that is wanted, before the constraints or a small space are held to leave no more.
_DRAWS_PER_TRIAL = 100


@dataclass(frozen=True, slots=True)
class Search:
    """How trials are chosen; `method` is `grid`, which has no use for the rest, `random` or `optuna`.

    `ranges` are the lowest and the highest value of what is varied.
    """

    method: str = "grid"
    trials: int = 100
    seed: int = 0
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def sweep_trials(strategy: StrategyChoice, search: Search, objective: str) -> dict[str, Any]:
    """What the strategy's configuration says of the trials of a sweep: which they are, or how they are to be found.

    The version of Optuna is part of it, since another one would draw other trials.
    """
    if search.method != "optuna":
        return {"trials": choose_trials(strategy, search)}
    space = {name: list(ends) for name, ends in search.ranges.items()}
    drawn = {"version": version("optuna"), "trials": search.trials, "seed": search.seed, "ranges": space}
    kept = {"params": strategy.params, "constraints": list(strategy.constraints), "objective": objective}
    return {"search": drawn | kept}


def trial_count(trials: Mapping[str, Any]) -> int:
    """How many the trials are that `sweep_trials` tells of."""
    return len(trials["trials"]) if "trials" in trials else int(trials["search"]["trials"])


def choose_trials(strategy: StrategyChoice, search: Search) -> list[dict[str, Any]]:
    """The parameters of every trial, in order; what is drawn depends on the seed alone, and no set is there twice.

    There are fewer than asked for where the ranges and the constraints allow no more. Raises ConfigError (E-GRID) where
    there are none.
    """
    if search.method == "grid":
        return expand_grid(strategy)
    constraints = [parse_constraint(text, strategy.numeric) for text in strategy.constraints]
    # Of Python's generators, random() alone is promised to be the same in all versions.
    draw = random.Random(search.seed).random  # noqa: S311 -- no secret
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _ in range(search.trials * _DRAWS_PER_TRIAL):
        trial = strategy.params | {name: _drawn(*ends, draw()) for name, ends in search.ranges.items()}
        if all(allows(trial) for allows in constraints):
            found.setdefault(tuple(trial.values()), trial)
        if len(found) == search.trials:
            break
    if not found:
        raise ConfigError(
            f"no trial was found: the constraints ({', '.join(strategy.constraints)}) forbid all that was drawn from "
            f"search.ranges {search.ranges}",
            code="E-GRID",
        )
    return list(found.values())


def search_choice(
    given: Mapping[str, Any], info: ComponentInfo, strategy: StrategyChoice, problems: TreeReport
) -> Search:
    """The search of a job; what random varies is by default every number, over all that the strategy declares."""
    declared = {name: kind for name, kind in info.parameters.items() if not isinstance(kind, Choice)}
    everything = {} if given["method"] == "grid" else {name: (kind.low, kind.high) for name, kind in declared.items()}
    held: dict[str, tuple[Any, Any]] = {}
    for name, ends in (given["ranges"] or everything).items():
        path: KeyPath = ("search", "ranges", name)
        if name not in declared:
            problems.add("E-SCHEMA", path, f"not a number of {info.name}. {did_you_mean(name, declared)}", at_key=True)
        elif problem := _range_problem(declared[name], ends):
            problems.add("E-SCHEMA", path, problem)
        else:
            low, high = map(float, ends) if isinstance(declared[name], Float) else ends
            held[name] = (low, high)
    search = Search(**{**given, "ranges": held})
    if not problems.report.problems:
        with problems.catching(("search",)):
            choose_trials(strategy, replace(search, method="random", trials=1) if search.method == "optuna" else search)
    return search


def check_optuna(values: Mapping[str, Any], problems: TreeReport) -> None:
    """Report a search by Optuna where that is not installed, or is to be spread: it learns from trial to trial."""
    if values["search"]["method"] != "optuna":
        return
    if find_spec("optuna") is None:
        message = "needs the package optuna, which is not installed. Install it: pip install 'daybreak[optuna]'"
        problems.add("E-NOOPTUNA", ("search", "method"), message)
    for path, count in ((("shards",), values["shards"]), (("resources", "workers"), values["resources"]["workers"])):
        if count and count > 1:
            message = f"optuna proposes each trial by those before it: they cannot be spread. Allowed: 1, got {count}"
            problems.add("E-SCHEMA", path, message)


def _range_problem(kind: Int | Float, ends: Sequence[Any]) -> str | None:
    if len(ends) != 2:
        return f"expected the lowest and the highest value, got {len(ends)} values"
    found = [problem for end in ends if (problem := kind.problem(end))]
    return found[0] if found else f"{ends[0]} is above {ends[1]}" if ends[0] > ends[1] else None


def _drawn(low: Any, high: Any, share: float) -> Any:
    """The value at a `share` from 0 to 1 of the range, both ends included; six digits of what is no whole number."""
    if isinstance(low, int) and isinstance(high, int):
        return low + int(share * (high - low + 1))
    return min(max(float(f"{low + (high - low) * share:.6g}"), low), high)

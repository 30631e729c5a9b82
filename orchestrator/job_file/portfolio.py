"""What a job says of a portfolio: its legs, each with data, strategy and weight of its own or as the job has them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.grid import StrategyChoice
from orchestrator.job_file.checks import PathRules, check_data, find_data
from orchestrator.job_file.choices import DataChoice
from orchestrator.job_file.components import Catalogue, strategy_choice
from orchestrator.job_file.errors import KeyPath
from orchestrator.job_file.schema_market import DATA
from orchestrator.job_file.tree import TreeReport
from orchestrator.job_file.validation import Validation
from phase_worker.contract import check_phase_name

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class LegChoice:
    """One strategy on one symbol; `weight` is the share of the account's equity that a target of 1 is."""

    name: str
    data: DataChoice
    strategy: str
    params: dict[str, Any]
    weight: float


@dataclass(frozen=True, slots=True)
class PortfolioChoice:
    """`rebalance` is `none`, `weekly`, `monthly` or `quarterly`."""

    legs: tuple[LegChoice, ...]
    rebalance: str

    def document(self) -> dict[str, Any]:
        """As a job has it; paths are still paths."""
        legs = {
            leg.name: {
                "data": {name: getattr(leg.data, name) for name in DataChoice.__slots__},
                "strategy": {"name": leg.strategy, "params": leg.params},
                "weight": leg.weight,
            }
            for leg in self.legs
        }
        return {"legs": legs, "rebalance": self.rebalance}


def portfolio_choice(
    values: Mapping[str, Any],
    own: StrategyChoice,
    validation: Validation,
    catalogue: Catalogue,
    paths: PathRules,
) -> PortfolioChoice | None:
    """Of the values of a job, `own` strategy included; None where it lists no legs, which its workflow may demand."""
    problems, legs = validation.problems, values["portfolio"]["legs"] or {}
    if not legs and values["workflow"] != "portfolio":
        return None
    if not legs:
        problems.add("E-SCHEMA", ("portfolio", "legs"), "expected one or more legs, such as stocks: {weight: 0.6}")
    chosen = []
    for name, leg in legs.items():
        path: KeyPath = ("portfolio", "legs", name)
        with problems.catching(path, at_key=True):
            check_phase_name(f"data-{name}")
        strategy = _strategy(leg["strategy"], own, catalogue, problems, (*path, "strategy"))
        weight = leg["weight"] or 1.0 / len(legs)
        if (data := _data((*path, "data"), validation, paths)) is not None:
            chosen.append(LegChoice(name, data, strategy.name, strategy.params, weight))
    if (total := sum(leg.weight for leg in chosen)) > 1.0 + _ROUNDING:
        message = f"the weights add up to {total:g}, and nothing is bought on credit. Allowed: at most 1"
        problems.add("E-SCHEMA", ("portfolio", "legs"), message)
    return PortfolioChoice(tuple(chosen), values["portfolio"]["rebalance"])


def _strategy(
    given: Mapping[str, Any], own: StrategyChoice, catalogue: Catalogue, problems: TreeReport, path: KeyPath
) -> StrategyChoice:
    """The leg's strategy with fixed parameters; the job's own where it names none."""
    info = catalogue.find("strategy", given["name"])
    if info is None:
        if given["params"]:
            problems.add("E-SCHEMA", (*path, "params"), "parameters of which strategy? Expected name beside them")
        return own
    return strategy_choice({"params": {}, **_known(given), "grid": {}, "constraints": ()}, info, problems, path)


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _data(path: KeyPath, validation: Validation, paths: PathRules) -> DataChoice | None:
    """The job's data with the leg's laid over it; a file of its own has a symbol of its own. None where it is wrong."""
    problems = validation.problems
    job, leg = problems.root.value["data"], problems.root.get(path)
    if leg is not None and leg.value is not None:
        over = leg if isinstance(leg.value, dict) else replace(leg, value={"file": leg})
        job = (job.without("symbol") if "file" in over.value else job).overlaid(over)
    before = len(problems.report.problems)
    values = validation.value(DATA, job, path)
    if len(problems.report.problems) == before:
        check_data(values, problems, path)
        find_data(values, paths, problems, path)
    return DataChoice.of(values) if len(problems.report.problems) == before else None

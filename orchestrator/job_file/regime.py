"""What a job says of market regimes: how they are told apart, and what is chosen from in each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.grid import StrategyChoice
from orchestrator.job_file.components import Catalogue, parameter_values, strategy_choice
from orchestrator.job_file.errors import KeyPath
from orchestrator.job_file.tree import TreeReport
from phase_worker.discovery import ComponentInfo, parse_constraint

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegimeChoice:
    """A classifier with a value for each of its parameters; `regimes` are the names that it declares.

    `strategies` are candidates beside the job's own; `split` is `walk_forward` or `train_test`.
    """

    classifier: str
    params: dict[str, Any]
    strategies: tuple[StrategyChoice, ...]
    split: str
    regimes: tuple[str, ...]


def regime_choice(values: Mapping[str, Any], catalogue: Catalogue, problems: TreeReport) -> RegimeChoice | None:
    """Of the values of a job; None where it neither has the section `regime` nor runs the workflow of that name."""
    if problems.root.get(("regime",)) is None and values["workflow"] != "regime":
        return None
    given = values["regime"]
    info = catalogue.find("classifier", given["classifier"])
    params, regimes = _classifier(info, given["params"] or {}, problems) if info else ({}, ())
    strategies = []
    for index, candidate in enumerate(given["strategies"]):
        path: KeyPath = ("regime", "strategies", index)
        if strategy := catalogue.find("strategy", candidate["name"]):
            strategies.append(strategy_choice(candidate, strategy, problems, path))
    return RegimeChoice(given["classifier"], params, tuple(strategies), given["split"], regimes)


def _classifier(
    info: ComponentInfo, given: Mapping[str, Any], problems: TreeReport
) -> tuple[dict[str, Any], tuple[str, ...]]:
    regimes = tuple(info.metadata.get("regimes", ()))
    if len(set(regimes)) < 2 or len(set(regimes)) < len(regimes) or not all(map(_is_name, regimes)):
        message = (
            f"{info.where}: a classifier declares regimes=(…), two or more names of small letters, digits and '-', got "
            f"{regimes}"
        )
        problems.add("E-COMPONENT", ("regime", "classifier"), message)
    params = parameter_values(info.parameters, given, ("regime", "params"), problems)
    numeric = [name for name, value in params.items() if not isinstance(value, str)]
    for text in info.metadata.get("constraints", ()):
        with problems.catching(("regime", "params")):
            if not parse_constraint(text, numeric)(params):
                problems.add("E-SCHEMA", ("regime", "params"), f"{info.name} demands {text}, got {params}")
    return params, regimes


def _is_name(regime: Any) -> bool:
    return isinstance(regime, str) and bool(_NAME.fullmatch(regime))

"""The adaptive search: Optuna proposes each set of parameters by what came of those before."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from math import inf
from typing import Any

from phase_worker.constraints import parse_constraint
from phase_worker.contract.errors import ConfigError

Params = dict[str, Any]
# Proposals for each trial that is wanted, before the constraints are held to leave no more.
_PROPOSALS_PER_TRIAL = 100


def adaptive_trials(
    search: Mapping[str, Any], evaluate: Callable[[Params], dict[str, Any]]
) -> list[tuple[Params, dict[str, Any]]]:
    """The sets of parameters that were tried, in order, each with its metrics; a set may be proposed again.

    `search` is {version, trials, seed, ranges, params, constraints, objective}: what is drawn by the tree-structured
    Parzen estimator (Bergstra et al. 2011) depends on it and on the metrics alone. What a constraint forbids is not
    tried; an undefined objective counts as the lowest. Raises ConfigError where another version of Optuna is installed
    than the run was planned with, or where the constraints forbid nearly all that is proposed (E-GRID).
    """
    optuna = _optuna(search["version"])
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=search["seed"]))
    space = {name: _distribution(optuna, *ends) for name, ends in search["ranges"].items()}
    numeric = [name for name, value in search["params"].items() if not isinstance(value, str)]
    constraints = [parse_constraint(text, numeric) for text in search["constraints"]]
    tried: list[tuple[Params, dict[str, Any]]] = []
    for _ in range(search["trials"] * _PROPOSALS_PER_TRIAL):
        if len(tried) == search["trials"]:
            break
        proposal = study.ask(space)
        params = search["params"] | proposal.params
        if not all(allows(params) for allows in constraints):
            study.tell(proposal, state=optuna.trial.TrialState.FAIL)
            continue
        metrics = evaluate(params)
        value = metrics[search["objective"]]
        study.tell(proposal, -inf if value is None else value)
        tried.append((params, metrics))
    if len(tried) < search["trials"]:
        raise ConfigError(
            f"of {search['trials'] * _PROPOSALS_PER_TRIAL:,} proposals the constraints "
            f"({', '.join(search['constraints'])}) allow {len(tried):,}. Narrow search.ranges to what they allow.",
            code="E-GRID",
        )
    return tried


def _optuna(planned: str) -> Any:
    optuna = import_module("optuna")  # 0.1 s, which no other phase waits for
    if (found := version("optuna")) != planned:
        raise ConfigError(
            f"the run was planned with Optuna {planned}, which draws by other rules than the {found} that is installed "
            "here. Install that version, or start the job under another workflow_id.",
            code="E-OPTUNA",
        )
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # or it has a line for each trial
    return optuna


def _distribution(optuna: Any, low: float, high: float) -> Any:
    """Whole numbers where both ends are, else all of them."""
    kinds = optuna.distributions
    whole = isinstance(low, int) and isinstance(high, int)
    return kinds.IntDistribution(low, high) if whole else kinds.FloatDistribution(low, high)

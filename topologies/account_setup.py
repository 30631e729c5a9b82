"""The parts of an account as a phase's configuration describes them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from phase_worker.discovery import ComponentRegistry
from topologies.components.execution.account import Account, Costs
from topologies.components.risk.rules import RiskRules, Sizer
from topologies.components.risk.sizers import Holding

# What `result_labels` may have.
RESULT_LABELS = ("symbol", "strategy", "fill", "prices", "at_end")


def new_account(execution: Mapping[str, Any]) -> Account:
    """A fresh account: {cash} and what `costs_of` wants."""
    return Account(execution["cash"], costs_of(execution))


def costs_of(execution: Mapping[str, Any]) -> Costs:
    """The costs of {shares, commission: {bps, per_share, minimum}, slippage_bps}."""
    commission = execution["commission"]
    return Costs(
        commission_bps=commission["bps"],
        commission_per_share=commission["per_share"],
        commission_minimum=commission["minimum"],
        slippage_bps=execution["slippage_bps"],
        whole_shares=execution["shares"] == "whole",
    )


def new_risk_rules(registry: ComponentRegistry, risk: Mapping[str, Any], share: float | None = None) -> RiskRules:
    """The rules of {sizing, params, max_weight, allow_short}; what they grant is sized as that `share` of it."""
    sizer = registry.get("sizer", risk["sizing"])
    params = {name: parameter.default for name, parameter in sizer.parameters.items()} | risk["params"]
    size = sizer.factory if share is None else partial(_sized_share, sizer.factory, share)
    return RiskRules(size, params, max_weight=risk["max_weight"], allow_short=risk["allow_short"])


def _sized_share(size: Sizer, share: float, target: Any, **given: Any) -> Holding:
    return size(target * share, **given)


def result_labels(config: Mapping[str, Any]) -> dict[str, Any]:
    """The conventions that every result states; what becomes of a position at the end only where it is not held.

    That of a replay also states the `changes` that it makes in the job's own settings.
    """
    at_end = config["execution"]["at_end"]
    labels = {
        "symbol": config["bars"]["symbol"],
        "strategy": config["strategy"]["name"],
        "fill": config["execution"]["fill"],
        "prices": config["bars"]["prices"],
    }
    labels |= {} if at_end == "hold" else {"at_end": at_end}
    return labels | ({"changes": config["changes"]} if "changes" in config else {})

"""The parts of an account as a phase's configuration describes them."""

from collections.abc import Mapping
from typing import Any

from phase_worker.discovery import ComponentRegistry
from topologies.components.execution.account import Account, Costs
from topologies.components.risk.rules import RiskRules

# What `result_labels` may have.
RESULT_LABELS = ("symbol", "strategy", "fill", "prices", "at_end")


def new_account(execution: Mapping[str, Any]) -> Account:
    """A fresh account: {cash, shares, commission: {bps, per_share, minimum}, slippage_bps}."""
    commission = execution["commission"]
    costs = Costs(
        commission_bps=commission["bps"],
        commission_per_share=commission["per_share"],
        commission_minimum=commission["minimum"],
        slippage_bps=execution["slippage_bps"],
        whole_shares=execution["shares"] == "whole",
    )
    return Account(execution["cash"], costs)


def new_risk_rules(registry: ComponentRegistry, risk: Mapping[str, Any]) -> RiskRules:
    """The rules of {sizing, params, max_weight, allow_short}."""
    sizer = registry.get("sizer", risk["sizing"])
    params = {name: parameter.default for name, parameter in sizer.parameters.items()} | risk["params"]
    return RiskRules(sizer.factory, params, max_weight=risk["max_weight"], allow_short=risk["allow_short"])


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

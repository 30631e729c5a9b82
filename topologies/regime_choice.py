"""The regime choice: what the selections of all regimes come to when they are traded together, as one SELECTION."""

from typing import Any

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.market import load_bars
from topologies.parameter_sweep import backtest_metrics
from topologies.regimes import codes_of, targets_by_regime


@topology(name="regime_choice")
def regime_choice(context: PhaseContext) -> None:
    """Publish a SELECTION of what was selected for each regime by the phases of `config.strategy.selections`.

    Its `choices` have strategy and parameters by regime, None for a regime that none of the bars [start, end) was in:
    nothing is known of it. Its metrics are those of trading all of it over these bars, which it was chosen on.
    """
    config, spec = context.config, context.config["regime"]
    bars = load_bars(context, config["bars"])
    codes = codes_of(context.registry, spec, bars)
    traded = codes[config["bars"]["start"] :]
    selected = {name: _selected(context, phase) for name, phase in config["strategy"]["selections"].items()}
    choices = {
        name: _choice(selected[name]) if (traded == code).any() else None for code, name in enumerate(spec["regimes"])
    }
    targets = targets_by_regime(context.registry, spec, choices, bars, codes)
    rules = new_risk_rules(context.registry, config["risk"])
    metrics = backtest_metrics(config, bars, targets, rules, new_account(config["execution"]))
    payload = {
        "params": {name: _written(choice) for name, choice in choices.items()},
        "objective": config["objective"],
        "value": metrics[config["objective"]],
        "trials": sum(selection["trials"] for selection in selected.values()),
        "choices": choices,
        "metrics": result_labels(config) | metrics,
    }
    context.publish("SELECTION", bars.timestamp(len(bars) - 1), "regime_choice", payload)


def _selected(context: PhaseContext, phase: str) -> dict[str, Any]:
    selections = list(context.inputs[phase].filter_events(event_type="SELECTION"))
    if len(selections) != 1:
        raise ConfigError(f"strategy.selections: the trace of '{phase}' has {len(selections)} SELECTIONs, not one")
    return selections[0].payload


def _choice(selection: dict[str, Any]) -> dict[str, Any]:
    return {"strategy": selection["metrics"]["strategy"], "params": selection["params"], "value": selection["value"]}


def _written(choice: dict[str, Any] | None) -> str:
    """On one line: `sma_cross fast=5 slow=20`."""
    if choice is None:
        return "flat"
    return " ".join([choice["strategy"], *(f"{name}={value}" for name, value in choice["params"].items())])

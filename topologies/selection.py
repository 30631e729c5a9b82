"""The selection: the best trial of an earlier phase's sweep, as one SELECTION event."""

from math import inf
from typing import Any

from phase_worker.contract.errors import ConfigError, did_you_mean
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext


@topology(name="selection")
def selection(context: PhaseContext) -> None:
    """Select the highest `config.objective` among the trials of every input; ties go to the first in order.

    An undefined objective (a Sharpe ratio without variance) counts as the lowest.
    """
    objective = context.config["objective"]
    found = [list(trace.filter_events(event_type="PORTFOLIO_METRICS")) for trace in context.inputs.values()]
    trials = [event for events in found for event in events]
    if not trials:
        phases = ", ".join(context.inputs) or "no phase"
        raise ConfigError(f"there is no PORTFOLIO_METRICS to select from in the traces of {phases}")
    if not isinstance(trials[0].payload.get(objective, ""), int | float | None):
        known = did_you_mean(objective, trials[0].payload)
        raise ConfigError(f"objective '{objective}' is not a metric of the trials. {known}")
    best = max(trials, key=lambda event: _rank(event.payload[objective]))
    payload = {
        "params": best.payload["params"],
        "objective": objective,
        "value": best.payload[objective],
        "trial": best.payload["trial"],
        "trials": _tried([[event.payload for event in events] for events in found]),
        "metrics": best.payload,
    }
    context.publish("SELECTION", best.timestamp, "selection", payload)


def _tried(found: list[list[dict[str, Any]]]) -> int:
    """How many trials the choice is out of, given the metrics of each input.

    The shards of one sweep count once. What was itself chosen, as a backtest of selected parameters, brings its trials.
    """
    metrics = [each for of_input in found for each in of_input]
    if len(metrics) > 1 and [each.get("trial") for each in metrics] == list(range(len(metrics))):
        return len(metrics)
    return sum(max(len(of_input), of_input[0].get("trials", 1)) for of_input in found if of_input)


def _rank(value: Any) -> float:
    return -inf if value is None else value

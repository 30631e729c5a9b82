"""The distribution of backtest paths: how their figures are spread, and the path in the middle of them."""

from collections.abc import Sequence
from math import inf
from typing import Any

from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from topologies.components.metrics.distribution import distribution

FIGURES = ("sharpe_ratio", "total_return", "max_drawdown", "final_equity")


@topology(name="path_distribution")
def path_distribution(context: PhaseContext) -> None:
    """Publish a DISTRIBUTION per figure over the phases `config.paths`, then all that the median path published.

    The median path is the one whose Sharpe ratio is the middle one, of two the lower; an undefined ratio is the lowest.
    """
    config = context.config
    metrics = {name: _metrics(context, name) for name in config["paths"]}
    ranked = sorted(metrics, key=lambda name: _rank(metrics[name].payload["sharpe_ratio"]))
    median = ranked[(len(ranked) - 1) // 2]
    publish_distributions(context, "paths", list(metrics.values()))
    for event in context.inputs[median].filter_events(event_type=("WINDOW", "EQUITY_CURVE")):
        context.publish(event.event_type, event.timestamp, "paths", event.payload)
    about = {"path": median, "paths": len(metrics), "splits": config["splits"], "trials": config["trials"]}
    context.publish("PORTFOLIO_METRICS", metrics[median].timestamp, "paths", metrics[median].payload | about)


def publish_distributions(context: PhaseContext, of: str, results: Sequence[Event]) -> None:
    """Publish a DISTRIBUTION for each of FIGURES over these PORTFOLIO_METRICS, which are those `of` something."""
    for figure in FIGURES:
        spread = distribution([event.payload[figure] for event in results])
        context.publish("DISTRIBUTION", results[-1].timestamp, "distribution", {"of": of, "figure": figure} | spread)


def _metrics(context: PhaseContext, phase: str) -> Event:
    [event] = context.inputs[phase].filter_events(event_type="PORTFOLIO_METRICS")
    return event


def _rank(value: Any) -> float:
    return -inf if value is None else value

"""The end of a Monte Carlo run: how the figures of all resamples are spread beside the backtest's own."""

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.path_distribution import publish_distributions


@topology(name="monte_carlo_distribution")
def monte_carlo_distribution(context: PhaseContext) -> None:
    """Publish DISTRIBUTIONs of `config.bars_phases` and of `config.trades_phase`, then the backtest's own result."""
    config = context.config
    sources = {"resamples of the bars": config["bars_phases"], "resamples of the trades": [config["trades_phase"]]}
    for of, phases in sources.items():
        results = [
            event for phase in phases for event in context.inputs[phase].iter_events(event_type="PORTFOLIO_METRICS")
        ]
        publish_distributions(context, of, results)
    for event in context.inputs[config["backtest"]].iter_events(event_type=("EQUITY_CURVE", "PORTFOLIO_METRICS")):
        context.publish(event.event_type, event.timestamp, event.source_id, event.payload)

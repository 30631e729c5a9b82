"""The signal generation: a strategy's changes of intent, stored once to be replayed under any settings."""

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.backtest import chosen_params, signals_of
from topologies.market import load_bars
from topologies.trading import publish_signals


@topology(name="signal_generation")
def signal_generation(context: PhaseContext) -> None:
    """Publish a SIGNAL for each change of intent in the bars [start, end) of `config.bars`, and a SIGNAL_SET of all.

    What is traded depends on them, the bars and the settings alone. The trace must keep them: its level must be full.
    """
    config = context.config
    bars = load_bars(context, config["bars"])
    params, trials = chosen_params(context, config["strategy"])
    signals = signals_of(context, bars, params)
    publish_signals(context.bus, bars, config, signals)
    origin = {"strategy": config["strategy"]["name"], "params": params, "trials": trials, "bars": config["bars"]}
    context.publish(
        "SIGNAL_SET", bars.timestamp(len(bars) - 1), "signal_generation", origin | {"signals": len(signals[0])}
    )

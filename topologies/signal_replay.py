"""The signal replay: the stored signals of an earlier phase, traded under this phase's settings."""

from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from topologies.backtest import trade_signals
from topologies.components.strategies.intent import Signals
from topologies.market import load_bars


@topology(name="signal_replay")
def signal_replay(context: PhaseContext) -> None:
    """Trade the signals of the phase `config.strategy.signals_from`, of the same strategy on the same bars.

    Every event is the one that a backtest with these settings publishes; the strategy is not even loaded.
    """
    config = context.config
    phase = config["strategy"]["signals_from"]
    if phase not in context.inputs:
        raise ConfigError(f"strategy.signals_from: '{phase}' is not a phase that this one depends on")
    found = context.inputs[phase].filter_events(event_type=("SIGNAL", "SIGNAL_SET"))
    origin = _origin(context, found, phase)
    signals = _as_columns([event.payload for event in found[:-1]])
    trade_signals(context, load_bars(context, config["bars"]), signals, origin["params"], origin["trials"])


def _origin(context: PhaseContext, found: list[Event], phase: str) -> dict[str, Any]:
    """The SIGNAL_SET, which comes last; a signal names its bar by number, so that on other bars it would be wrong."""
    if not found or found[-1].event_type != "SIGNAL_SET" or found[-1].payload["signals"] != len(found) - 1:
        raise ConfigError(
            f"strategy.signals_from: the trace of '{phase}' is not one with all signals. Allowed: a phase of the "
            "topology signal_generation whose trace.level is full"
        )
    origin, config = found[-1].payload, context.config
    if (origin["strategy"], origin["bars"]) != (config["strategy"]["name"], config["bars"]):
        raise ConfigError(
            f"strategy.signals_from: '{phase}' has signals of {origin['strategy']} on bars {origin['bars']}. To be "
            f"replayed are those of {config['strategy']['name']} on bars {config['bars']}"
        )
    return origin


def _as_columns(signals: list[dict[str, Any]]) -> Signals:
    bars = np.array([signal["bar"] for signal in signals], dtype=np.int64)
    targets = np.array([signal["target"] for signal in signals], dtype=np.float64)
    return bars, targets, np.array([signal["previous"] for signal in signals], dtype=np.float64)

"""The regime backtest: trades in each regime what an earlier phase chose for it."""

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.backtest import chosen_params, trade_signals
from topologies.components.strategies.intent import intent_changes
from topologies.market import load_bars
from topologies.regimes import announce_changes, codes_of, targets_by_regime


@topology(name="regime_backtest")
def regime_backtest(context: PhaseContext) -> None:
    """Trade the `choices` of the SELECTION of the phase `config.strategy.params_from` over the bars [start, end).

    The regime of a bar is known at its close, when what is chosen for it decides; REGIME_CHANGE says when it changes.
    """
    config, spec = context.config, context.config["regime"]
    bars = load_bars(context, config["bars"])
    start = config["bars"]["start"]
    params, trials = chosen_params(context, config["strategy"])
    [selection] = context.inputs[config["strategy"]["params_from"]].filter_events(event_type="SELECTION")
    codes = codes_of(context.registry, spec, bars)
    targets = targets_by_regime(context.registry, spec, selection.payload["choices"], bars, codes)
    announce_changes(context.bus, bars, spec, codes, start)
    trade_signals(context, bars, intent_changes(targets, start, len(bars)), params, trials)

"""The backtest: one strategy with one set of parameters, from signals to metrics, on the bus."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.bars import Bars, FloatArray, IntArray
from topologies.components.execution.broker import SimulatedBroker
from topologies.components.metrics.portfolio_metrics import PortfolioMetrics
from topologies.components.portfolio.portfolio import Portfolio
from topologies.components.risk.rules import RiskControl
from topologies.components.strategies.intent import compute_targets, intent_changes
from topologies.market import load_bars

# Changes of intent: the bars, their targets, and the targets before; each of shape (k,).
Signals = tuple[IntArray, FloatArray, FloatArray]


@topology(name="backtest")
def backtest(context: PhaseContext) -> None:
    """Trade `config.strategy` over the bars [start, end) of `config.bars`, in a fresh account.

    Indicators are warm from the bars before `start`. `strategy.params_from` names a phase whose SELECTION gives the
    parameters.
    """
    config = context.config
    bars = load_bars(context, config["bars"])
    params, trials = chosen_params(context, config["strategy"])
    trade_signals(context, bars, signals_of(context, bars, params), params, trials)


def signals_of(context: PhaseContext, bars: Bars, params: dict[str, Any]) -> Signals:
    """The changes of intent of `config.strategy` with these parameters, from bar `config.bars.start` on."""
    factory = context.registry.get("strategy", context.config["strategy"]["name"]).factory
    return intent_changes(compute_targets(factory, params, bars), context.config["bars"]["start"], len(bars))


def trade_signals(context: PhaseContext, bars: Bars, signals: Signals, params: dict[str, Any], trials: int) -> None:
    """Trade the signals in a fresh account, as `config` says of execution and risk, to its curve and metrics."""
    config = context.config
    start, execution = config["bars"]["start"], config["execution"]
    labels = result_labels(config) | {"params": params, "trial": 0, "trials": trials}
    RiskControl(context.bus, new_risk_rules(context.registry, config["risk"]))
    SimulatedBroker(context.bus, bars, new_account(execution), fill=execution["fill"])
    portfolio = Portfolio(context.bus, bars, start=start, cash=execution["cash"])
    PortfolioMetrics(
        context.bus,
        bars,
        start=start,
        cash=execution["cash"],
        periods_per_year=config["periods_per_year"],
        labels=labels,
    )
    publish_signals(context, bars, signals)
    portfolio.publish_equity_curve()


def chosen_params(context: PhaseContext, strategy: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The strategy's parameters, as configured or as an earlier phase selected them, and out of how many trials."""
    if "params_from" not in strategy:
        return dict(strategy["params"]), 1
    phase = strategy["params_from"]
    if phase not in context.inputs:
        raise ConfigError(f"strategy.params_from: '{phase}' is not a phase that this one depends on")
    selections = list(context.inputs[phase].filter_events(event_type="SELECTION"))
    if len(selections) != 1:
        raise ConfigError(f"strategy.params_from: the trace of '{phase}' has {len(selections)} SELECTIONs, not one")
    return dict(selections[0].payload["params"]), selections[0].payload["trials"]


def publish_signals(context: PhaseContext, bars: Bars, signals: Signals) -> None:
    """Publish the changes of intent as SIGNALs in order of time, each after what is due by then."""
    bus = context.bus
    start, name = context.config["bars"]["start"], context.config["strategy"]["name"]
    changed, new_targets, old_targets = signals
    # Of decisions and of fills; not by union1d, which imports numpy.ma: 15 ms in every phase.
    bars.format_timestamps(np.concatenate((changed, changed[changed + 1 < len(bars)] + 1)))
    closes = bars.close[changed].tolist()
    bar_at = start
    for bar, target, previous, close in zip(
        changed.tolist(), new_targets.tolist(), old_targets.tolist(), closes, strict=True
    ):
        bar_at = _publish_bars(context, bars, bar_at, bar + 1)
        bus.advance(bar)
        payload = {"symbol": bars.symbol, "bar": bar, "target": target, "previous": previous, "price": close}
        bus.publish(Event("SIGNAL", bars.timestamp(bar), name, payload))
    _publish_bars(context, bars, bar_at, len(bars))
    bus.advance(len(bars) - 1)


def _publish_bars(context: PhaseContext, bars: Bars, first: int, end: int) -> int:
    """Publish BAR events where the job asks for them (`trace: {bars: true}`); returns the next bar's index."""
    if context.config["trace"]["bars"]:
        for bar in range(first, end):
            context.bus.advance(bar)
            payload = {name: float(getattr(bars, name)[bar]) for name in ("open", "high", "low", "close", "volume")}
            context.publish("BAR", bars.timestamp(bar), "data", {"symbol": bars.symbol, "bar": bar} | payload)
    return end

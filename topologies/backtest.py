"""The backtest: one strategy with one set of parameters, from signals to metrics, on the bus."""

from collections.abc import Mapping
from typing import Any

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.bars import Bars
from topologies.components.metrics.portfolio_metrics import PortfolioMetrics
from topologies.components.strategies.intent import Signals, compute_targets, intent_changes
from topologies.market import load_bars
from topologies.trading import open_account, publish_signals, publish_window_end


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
    rules = new_risk_rules(context.registry, config["risk"])
    portfolio = open_account(context.bus, bars, config, rules, new_account(execution))
    PortfolioMetrics(
        context.bus,
        bars.time_ns,
        start=start,
        cash=execution["cash"],
        periods_per_year=config["periods_per_year"],
        labels=labels,
    )
    publish_signals(context.bus, bars, config, signals)
    publish_window_end(context.bus, bars, config)
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

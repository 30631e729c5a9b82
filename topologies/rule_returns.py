"""The returns that follow a rule's buy days and its sell days, for several sets of its parameters."""

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.components.metrics.rule_returns import rule_returns as figures_of
from topologies.components.strategies.intent import compute_targets
from topologies.market import load_bars


@topology(name="rule_returns")
def rule_returns(context: PhaseContext) -> None:
    """Publish RULE_RETURNS for each of `config.strategy.trials`, in order, over the bars [start, end) of `config.bars`.

    A trial's parameters are laid over `config.strategy.params`. Nothing is traded: the figures are of the market's
    returns, by what the rule said the day before. Averages are warm from the bars before `start`.
    """
    strategy = context.config["strategy"]
    if not strategy.get("trials"):
        raise ConfigError("strategy.trials is empty: list the sets of parameters to look at")
    bars = load_bars(context, context.config["bars"])
    start = context.config["bars"]["start"]
    factory = context.registry.get("strategy", strategy["name"]).factory
    period = {"first": bars.timestamp(start), "last": bars.timestamp(len(bars) - 1)}
    for trial in strategy["trials"]:
        params = strategy["params"] | trial
        figures = figures_of(bars.close[start:], compute_targets(factory, params, bars)[start:])
        what = {"symbol": bars.symbol, "strategy": strategy["name"], "params": params}
        context.publish("RULE_RETURNS", period["last"], "rule_returns", what | period | figures)

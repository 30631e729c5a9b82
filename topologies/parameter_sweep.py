"""The parameter sweep: one backtest per set of parameters over shared features, with only its metrics on the bus."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.events.bus import EventBus
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.bars import Bars, FloatArray
from topologies.components.execution.account import Account
from topologies.components.execution.broker import fill_convention
from topologies.components.metrics.joining import join_activity, join_curves
from topologies.components.metrics.performance import FillColumns, returns_metrics
from topologies.components.metrics.portfolio_metrics import window_metrics
from topologies.components.portfolio.equity import mark_to_market
from topologies.components.portfolio.trade_book import closed_pnls
from topologies.components.risk.rules import RiskRules
from topologies.components.strategies.intent import compute_targets, intent_changes
from topologies.market import load_bars
from topologies.regimes import within
from topologies.trading import fills_at_once, open_account, publish_signals, publish_window_end


@topology(name="parameter_sweep", workers=True)
def parameter_sweep(context: PhaseContext) -> None:
    """Publish PORTFOLIO_METRICS for each of `config.strategy.trials`, in order, over bars [start, end).

    With `config.strategy.search` in their place, for each trial of an adaptive search.

    Of a sweep in several phases, `config.strategy.shard` has the number of this one's first trial, and of all trials.
    With `config.bars.ranges`, over these ranges [start, end) of them: each in a fresh account, their returns joined.
    With `config.regime`, the target is flat at every bar that is not in the regime `only`.
    """
    config = context.config
    bars = load_bars(context, config["bars"])
    factory = context.registry.get("strategy", config["strategy"]["name"]).factory
    rules = new_risk_rules(context.registry, config["risk"])
    regime = config.get("regime")
    traded = within(context.registry, regime, bars) if regime else None
    labels = result_labels(config) | ({"regime": regime["only"]} if regime else {})
    last = bars.timestamp(len(bars) - 1)

    def metrics_of(params: dict[str, Any]) -> dict[str, Any]:
        targets = compute_targets(factory, params, bars)
        if traded is not None:
            targets = np.where(traded, targets, 0.0)
        if "ranges" in config["bars"]:
            return ranges_metrics(config, bars, targets, rules)
        return backtest_metrics(config, bars, targets, rules, new_account(config["execution"]))

    first, of, tried = _tried(config["strategy"], metrics_of, context.workers)
    for number, (params, metrics) in enumerate(tried, start=first):
        trial = {"params": params, "trial": number, "trials": of}
        context.publish("PORTFOLIO_METRICS", last, "metrics", labels | trial | metrics)


def _tried(
    strategy: Mapping[str, Any], metrics_of: Callable[[dict[str, Any]], dict[str, Any]], workers: int
) -> tuple[int, int, Iterable[tuple[dict[str, Any], dict[str, Any]]]]:
    """The number of the first trial, how many there are in all, and parameters and metrics of those of this phase."""
    if "search" in strategy:
        from topologies.adaptive_search import adaptive_trials  # noqa: PLC0415 -- few sweeps need it

        found = adaptive_trials(strategy["search"], metrics_of)
        return 0, len(found), found
    trials = strategy["trials"]
    if not trials:
        raise ConfigError("strategy.trials is empty: there is nothing to try")
    first, of = strategy.get("shard", (0, len(trials)))
    metrics = compute_trials(lambda number: metrics_of(trials[number]), len(trials), workers)
    return first, of, zip(trials, metrics, strict=True)


def compute_trials(compute: Callable[[int], dict[str, Any]], trials: int, workers: int) -> Iterable[dict[str, Any]]:
    """What `compute` says of each trial, in order, computed here or by as many processes."""
    if min(workers, trials) == 1:
        return map(compute, range(trials))
    from topologies.worker_pool import compute_in_order  # noqa: PLC0415 -- multiprocessing takes 10 ms to import

    return compute_in_order(compute, trials, min(workers, trials))


def backtest_metrics(
    config: Any, bars: Bars, targets: FloatArray, rules: RiskRules, account: Account
) -> dict[str, Any]:
    """The metrics that a backtest of `targets`, shape (n,), publishes, by the same account, book and formulas."""
    start, cash = config["bars"]["start"], config["execution"]["cash"]
    equity, columns, pnls = trade_targets(config, bars, targets, rules, account)
    return window_metrics(bars.time_ns, start, equity, cash, config["periods_per_year"], columns, pnls)


def ranges_metrics(config: Any, bars: Bars, targets: FloatArray, rules: RiskRules) -> dict[str, Any]:
    """The metrics of `targets`, shape (n,), over the ranges of `config.bars.ranges` as if they were one."""
    cash, periods_per_year = config["execution"]["cash"], config["periods_per_year"]
    curves, activity = [], []
    for start, end in config["bars"]["ranges"]:
        only, part = bars.until(end), {**config, "bars": {**config["bars"], "start": start}}
        equity, columns, pnls = trade_targets(part, only, targets[:end], rules, new_account(config["execution"]))
        curves.append((equity, cash))
        activity.append(window_metrics(only.time_ns, start, equity, cash, periods_per_year, columns, pnls))
    returns, equity = join_curves(curves, cash)
    time_ns = np.concatenate([bars.time_ns[start:end] for start, end in config["bars"]["ranges"]])
    return returns_metrics(returns, equity, time_ns, cash, periods_per_year) | join_activity(activity)


def trade_targets(
    config: Any, bars: Bars, targets: FloatArray, rules: RiskRules, account: Account
) -> tuple[FloatArray, FillColumns, FloatArray]:
    """Of `targets`, shape (n,): the equity from bar `config.bars.start` on, the fills, the closed trades' profits."""
    if not fills_at_once(config):
        return _trade_on_bus(config, bars, targets, rules, account)
    start, cash = config["bars"]["start"], config["execution"]["cash"]
    delay, prices = fill_convention(config["execution"]["fill"], bars)
    decided, wanted, _ = intent_changes(targets, start, len(bars) - delay)
    granted = rules.grant_all(wanted)
    changed = granted != np.concatenate(([0.0], granted[:-1]))
    decided, granted = decided[changed], granted[changed]
    weights, shares = rules.holding(granted, price=bars.close[decided])
    fill_prices = prices[decided + delay]
    if shares is None:
        fills = account.fill_to_weights(weights, fill_prices)
    else:
        fills = account.fill_to_shares(shares, fill_prices)
    fill_bars = decided[fills.order] + delay
    equity = mark_to_market(bars.close, start, cash, fill_bars, fills.cash, fills.position)
    pnls = closed_pnls(fills.quantity, fills.price, fills.commission, fills.position)
    columns = FillColumns(fill_bars, np.abs(fills.quantity) * fills.price, fills.commission, fills.position)
    return equity, columns, pnls


def _trade_on_bus(
    config: Any, bars: Bars, targets: FloatArray, rules: RiskRules, account: Account
) -> tuple[FloatArray, FillColumns, FloatArray]:
    """As `trade_targets`, by the backtest's own components, on a bus that nobody records."""
    bus = EventBus()
    portfolio = open_account(bus, bars, config, rules, account)
    fills, closed, curves = (_payloads(bus, kind) for kind in ("FILL", "POSITION_CLOSE", "EQUITY_CURVE"))
    signals = intent_changes(targets, config["bars"]["start"], len(bars))
    publish_signals(bus, bars, {**config, "trace": {"bars": False}}, signals)
    publish_window_end(bus, bars, config)
    portfolio.publish_equity_curve()
    columns = FillColumns(
        np.array([fill["bar"] for fill in fills], dtype=np.int64),
        np.array([fill["quantity"] * fill["price"] for fill in fills], dtype=np.float64),
        np.array([fill["commission"] for fill in fills], dtype=np.float64),
        np.array([fill["position"] for fill in fills], dtype=np.float64),
    )
    return curves[0]["equity"], columns, np.array([trade["pnl"] for trade in closed], dtype=np.float64)


def _payloads(bus: EventBus, event_type: str) -> list[dict[str, Any]]:
    """What will be published as `event_type`."""
    payloads: list[dict[str, Any]] = []
    bus.subscribe(event_type, lambda event: payloads.append(event.payload))
    return payloads

"""The parameter sweep: one backtest per set of parameters over shared features, with only its metrics on the bus."""

from typing import Any

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import new_account, new_risk_rules, result_labels
from topologies.bars import Bars, FloatArray
from topologies.components.execution.account import Account
from topologies.components.execution.broker import fill_convention
from topologies.components.metrics.performance import FillColumns
from topologies.components.metrics.portfolio_metrics import window_metrics
from topologies.components.portfolio.equity import mark_to_market
from topologies.components.portfolio.trade_book import TradeBook
from topologies.components.risk.rules import RiskRules
from topologies.components.strategies.intent import compute_targets, intent_changes
from topologies.market import load_bars


@topology(name="parameter_sweep")
def parameter_sweep(context: PhaseContext) -> None:
    """Publish PORTFOLIO_METRICS for each of `config.strategy.trials`, in order, over bars [start, end)."""
    config = context.config
    trials = config["strategy"]["trials"]
    if not trials:
        raise ConfigError("strategy.trials is empty: there is nothing to try")
    bars = load_bars(context, config["bars"])
    factory = context.registry.get("strategy", config["strategy"]["name"]).factory
    rules = new_risk_rules(context.registry, config["risk"])
    labels = result_labels(config)
    last = bars.timestamp(len(bars) - 1)
    for number, params in enumerate(trials):
        targets = compute_targets(factory, params, bars)
        metrics = backtest_metrics(config, bars, targets, rules, new_account(config["execution"]))
        trial = {"params": params, "trial": number, "trials": len(trials)}
        context.publish("PORTFOLIO_METRICS", last, "metrics", labels | trial | metrics)


def backtest_metrics(
    config: Any, bars: Bars, targets: FloatArray, rules: RiskRules, account: Account
) -> dict[str, Any]:
    """The metrics that a backtest of `targets`, shape (n,), publishes, by the same account, book and formulas."""
    start = config["bars"]["start"]
    delay, prices = fill_convention(config["execution"]["fill"], bars)
    changed, new_targets, _ = intent_changes(targets, start, len(bars))
    changed = changed[changed + delay < len(bars)]
    book = TradeBook()
    granted = 0.0
    fill_bars: list[int] = []
    notionals: list[float] = []
    commissions: list[float] = []
    cash_after: list[float] = []
    positions: list[float] = []
    pnls: list[float] = []
    columns = (changed, new_targets[: len(changed)], bars.close[changed], prices[changed + delay])
    decisions = zip(*(column.tolist() for column in columns), strict=True)
    for bar, target, close, price in decisions:
        before, (granted, _) = granted, rules.grant(target)
        size = rules.size(granted, before, account.position, close)
        if size is None:
            continue
        if size.target_weight is not None:
            fill = account.fill_to_weight(size.target_weight, price)
        else:
            assert size.quantity is not None  # an OrderSize has one of the two
            fill = account.fill_quantity(size.quantity, price)
        if fill is None:
            continue
        fill_bars.append(bar + delay)
        notionals.append(abs(fill.quantity) * fill.price)
        commissions.append(fill.commission)
        cash_after.append(fill.cash)
        positions.append(fill.position)
        closed, _ = book.apply(bar + delay, fill.quantity, fill.price, fill.commission, fill.position)
        if closed:
            pnls.append(closed.pnl)
    cash = config["execution"]["cash"]
    equity = mark_to_market(bars.close, start, cash, fill_bars, cash_after, positions)
    fills = FillColumns(fill_bars, notionals, commissions, positions)
    return window_metrics(bars, start, equity, cash, config["periods_per_year"], fills, pnls)

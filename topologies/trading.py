"""Trading: the components of one account on a bus, and the decisions that they answer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.events.bus import Bus, EventBus
from phase_worker.events.event import Event
from topologies.bars import Bars
from topologies.components.execution.account import Account
from topologies.components.execution.broker import SimulatedBroker, market_moment
from topologies.components.execution.order_book import OrderBook
from topologies.components.portfolio.portfolio import Portfolio
from topologies.components.risk.exit_levels import ExitRules
from topologies.components.risk.exits import ProtectiveExits
from topologies.components.risk.order_terms import OrderTerms
from topologies.components.risk.rules import RiskControl, RiskRules
from topologies.components.strategies.intent import Signals


def fills_at_once(config: Mapping[str, Any]) -> bool:
    """Whether each order is filled whole at its one price, and nothing else ends a position."""
    execution, terms, rules = config["execution"], _order_terms(config), _exit_rules(config)
    capped = execution["volume_cap"] is not None or execution["slippage_cap"] != "none"
    held = execution["at_end"] == "hold" and rules == ExitRules(None, None, None, None)
    return held and not capped and terms.type == "market" and terms.valid_bars is None


def open_account(
    bus: Bus,
    bars: Bars,
    config: Mapping[str, Any],
    rules: RiskRules,
    account: Account,
    funds: Callable[[], float] | None = None,
) -> Portfolio:
    """Connect risk, execution and portfolio; where orders are filled at once, by the broker that does nothing else.

    `funds` is what the account is worth beside the position, where that is not its cash alone. Raises ConfigError for
    a volume cap where no bar has a volume.
    """
    execution, start = config["execution"], config["bars"]["start"]
    fill = execution["fill"]
    if fills_at_once(config):
        RiskControl(bus, rules, funds=funds)
        SimulatedBroker(bus, bars, account, fill=fill)
    else:
        if execution["volume_cap"] is not None and not bars.volume[start:].any():
            raise ConfigError(
                "execution.volume_cap: no bar to be traded has a volume, so no order could ever be filled. Allowed: "
                "data with volumes, or no volume_cap"
            )
        RiskControl(bus, rules, _order_terms(config), funds)
        cap_slippage = execution["slippage_cap"] == "bar_range"
        OrderBook(bus, bars, account, fill=fill, volume_cap=execution["volume_cap"], cap_slippage=cap_slippage)
        closes = execution["at_end"] == "close"
        ProtectiveExits(bus, bars, _exit_rules(config), market_moment=market_moment(fill), at_window_end=closes)
    return Portfolio(bus, bars, start=start, cash=execution["cash"], funds=funds)


def publish_signals(bus: EventBus, bars: Bars, config: Mapping[str, Any], signals: Signals) -> None:
    """Publish the changes of intent as SIGNALs in order of time, each after what is due by then."""
    start, name, publish_bars = config["bars"]["start"], config["strategy"]["name"], config["trace"]["bars"]
    changed, new_targets, old_targets = signals
    # Of decisions and of fills; not by union1d, which imports numpy.ma: 15 ms in every phase.
    bars.format_timestamps(np.concatenate((changed, changed[changed + 1 < len(bars)] + 1)))
    closes = bars.close[changed].tolist()
    bar_at = start
    for bar, target, previous, close in zip(
        changed.tolist(), new_targets.tolist(), old_targets.tolist(), closes, strict=True
    ):
        if publish_bars:
            _publish_bars(bus, bars, bar_at, bar + 1)
            bar_at = bar + 1
        bus.advance(bar)
        payload = {"symbol": bars.symbol, "bar": bar, "target": target, "previous": previous, "price": close}
        bus.publish(Event("SIGNAL", bars.timestamp(bar), name, payload))
    if publish_bars:
        _publish_bars(bus, bars, bar_at, len(bars))
    bus.advance(len(bars) - 1)


def publish_window_end(bus: EventBus, bars: Bars, config: Mapping[str, Any]) -> None:
    """WINDOW_END, where the job has positions closed there (`at_end: close`)."""
    if config["execution"]["at_end"] == "close":
        bus.publish(window_end_event(bars))


def window_end_event(bars: Bars) -> Event:
    """WINDOW_END at the last of the bars."""
    last = len(bars) - 1
    return Event("WINDOW_END", bars.timestamp(last), "data", {"symbol": bars.symbol, "bar": last})


def bar_event(bars: Bars, bar: int) -> Event:
    """BAR of one of the bars."""
    payload = {name: float(getattr(bars, name)[bar]) for name in ("open", "high", "low", "close", "volume")}
    return Event("BAR", bars.timestamp(bar), "data", {"symbol": bars.symbol, "bar": bar} | payload)


def _publish_bars(bus: EventBus, bars: Bars, first: int, end: int) -> None:
    """BAR events, where the job asks for them (`trace: {bars: true}`)."""
    for bar in range(first, end):
        bus.advance(bar)
        bus.publish(bar_event(bars, bar))


def _order_terms(config: Mapping[str, Any]) -> OrderTerms:
    return OrderTerms(**config["execution"]["order"])


def _exit_rules(config: Mapping[str, Any]) -> ExitRules:
    risk = config["risk"]
    return ExitRules(risk["stop_loss"], risk["take_profit"], risk["trailing_stop"], risk["max_bars"])

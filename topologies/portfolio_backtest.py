"""The backtest of a portfolio: several strategies and symbols, each a leg, in one account and on one clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from topologies.account_setup import costs_of, new_risk_rules
from topologies.bars import Bars, FloatArray
from topologies.clock import Clock, Span, clock_of, marks_of
from topologies.components.execution.shared_account import CashLimit, SharedAccount
from topologies.components.metrics.account_metrics import AccountMetrics
from topologies.components.portfolio.account_book import AccountBook, LegEntry
from topologies.components.strategies.intent import compute_targets, intent_changes
from topologies.legs import LegBus, LegDispatch
from topologies.market import load_bars
from topologies.rebalancing import rebalancing_bars
from topologies.trading import bar_event, open_account, window_end_event


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: its part of the configuration, its bars, and where they are on the clock."""

    config: Mapping[str, Any]
    bars: Bars
    span: Span
    marks: FloatArray

    @property
    def name(self) -> str:
        """What it is called in the job."""
        name: str = self.config["name"]
        return name


class _Due(NamedTuple):
    """An event that has no cause within the phase; at one instant bars go first, and ends of data last."""

    instant: int
    rank: int
    place: int
    bar: int
    event: Event


@topology(name="portfolio_backtest")
def portfolio_backtest(context: PhaseContext) -> None:
    """Trade each of `config.legs` by its strategy, all of them in one fresh account.

    A leg {name, bars, strategy: {name, params}, weight} decides at the closes of its own bars; its orders are for its
    `weight` of the whole account's equity.
    """
    config = context.config
    bars = [load_bars(context, leg["bars"]) for leg in config["legs"]]
    clock, spans = clock_of([each.time_ns for each in bars])
    marks = [marks_of(*each, clock) for each in zip(bars, spans, strict=True)]
    legs = [Leg(*parts) for parts in zip(config["legs"], bars, spans, marks, strict=True)]
    account = SharedAccount(config["execution"]["cash"], costs_of(config["execution"]), marks)
    views = _connect(context, legs, account, clock)
    book = _open_book(context, legs, clock)
    _publish(context, legs, views)
    book.publish()


def _connect(context: PhaseContext, legs: Sequence[Leg], account: SharedAccount, clock: Clock) -> list[LegBus]:
    """The components of each leg, on its own view of the bus."""
    dispatch, config = LegDispatch(context.bus, clock.tick_of), context.config
    views = []
    for place, (leg, own) in enumerate(zip(legs, account.legs, strict=True)):
        look = partial(account.value_others, own)
        view = LegBus(dispatch, leg.name, leg.span, place=place, legs=len(legs), look=look)
        rules = new_risk_rules(context.registry, config["risk"], leg.config["weight"])
        open_account(view, leg.bars, {**config, "bars": leg.config["bars"]}, rules, own, own.funds)
        CashLimit(view, leg.bars, own)
        views.append(view)
    return views


def _open_book(context: PhaseContext, legs: Sequence[Leg], clock: Clock) -> AccountBook:
    config, cash = context.config, context.config["execution"]["cash"]
    labels = _labels(config, legs)
    AccountMetrics(context.bus, clock.time_ns, cash=cash, periods_per_year=config["periods_per_year"], labels=labels)
    entries = [
        LegEntry(
            leg.name,
            {
                "symbol": leg.bars.symbol,
                "strategy": leg.config["strategy"]["name"],
                "weight": leg.config["weight"],
            },
            leg.marks[clock.last_instants],
        )
        for leg in legs
    ]
    return AccountBook(context.bus, labels["symbol"], clock.time_ns, cash, entries)


def _labels(config: Mapping[str, Any], legs: Sequence[Leg]) -> dict[str, Any]:
    """The conventions that the result states; parameters by leg and name."""
    execution, rebalance = config["execution"], config["rebalance"]
    params = {f"{leg.name}.{name}": value for leg in legs for name, value in leg.config["strategy"]["params"].items()}
    labels = {
        "symbol": _joined(leg.bars.symbol for leg in legs),
        "strategy": _joined(leg.config["strategy"]["name"] for leg in legs),
        "fill": execution["fill"],
        "prices": _joined(leg.config["bars"]["prices"] for leg in legs),
        "rebalance": rebalance,
        "params": params,
        "trial": 0,
        "trials": 1,
    }
    return labels | ({} if execution["at_end"] == "hold" else {"at_end": execution["at_end"]})


def _joined(names: Iterator[str]) -> str:
    """Each once, in order."""
    return "+".join(dict.fromkeys(names))


def _publish(context: PhaseContext, legs: Sequence[Leg], views: Sequence[LegBus]) -> None:
    """Publish what is due in order of time, each after what follows from earlier."""
    agenda = sorted(
        (due for place, leg in enumerate(legs) for due in _agenda(context, leg, place)), key=lambda due: due[:4]
    )
    for (instant, _), due in groupby(agenda, key=lambda due: (due.instant, due.rank)):
        context.bus.advance(instant)
        for each in due:
            views[each.place].decide(each.bar, each.event)
    context.bus.advance(max(int(leg.span.closes[-1]) for leg in legs))


def _agenda(context: PhaseContext, leg: Leg, place: int) -> Iterator[_Due]:
    """The leg's BARs, where the job asks for them, its SIGNALs, and its WINDOW_END."""
    config, bars = context.config, leg.bars
    if config["trace"]["bars"]:
        yield from (_Due(int(leg.span.closes[bar]), 0, place, bar, bar_event(bars, bar)) for bar in range(len(bars)))
    for signal in _signals(context, leg):
        bar = signal.payload["bar"]
        yield _Due(int(leg.span.closes[bar]), 1, place, bar, signal)
    if config["execution"]["at_end"] == "close":
        yield _Due(int(leg.span.closes[-1]), 2, place, len(bars) - 1, window_end_event(bars))


def _signals(context: PhaseContext, leg: Leg) -> Iterator[Event]:
    """The leg's changes of intent and, at the first bar of a period without one, the same intent again."""
    strategy, bars = leg.config["strategy"], leg.bars
    factory = context.registry.get("strategy", strategy["name"]).factory
    targets = compute_targets(factory, strategy["params"], bars)
    changed = intent_changes(targets, 0, len(bars))[0]
    previous = np.concatenate(([0.0], targets))
    again = rebalancing_bars(bars.time_ns, context.config["rebalance"])
    again = again[(targets[again] == previous[again]) & (targets[again] != 0.0)]
    for number in np.concatenate((changed, again)).tolist():
        payload = {
            "symbol": bars.symbol,
            "bar": number,
            "target": float(targets[number]),
            "previous": float(previous[number]),
            "price": float(bars.close[number]),
        }
        if targets[number] == previous[number]:
            payload["rebalance"] = context.config["rebalance"]
        yield Event("SIGNAL", bars.timestamp(number), strategy["name"], payload)

"""Protective exits: close a position at a stop, at a target or after its time, whatever the strategy wants."""

from dataclasses import replace
from functools import partial
from math import copysign

from phase_worker.events.bus import Bus
from phase_worker.events.event import Event
from topologies.bars import Bars
from topologies.components.risk.exit_levels import Exit, ExitLevels, ExitRules
from topologies.moments import Moment

_FIRST_BARS = 64


class ProtectiveExits:
    """Follows the position by its FILLs, and publishes the ORDER that closes it, caused by the FILL that opened it.

    The entry's price is the average of what was bought into the position. Bars are scanned from the last fill on, in
    chunks that grow. An exit is ordered once: what a bar leaves of it is the broker's to carry over, until the strategy
    trades again. `market_moment` is when market orders are filled. With `at_window_end`, what is held at the last close
    is sold there.
    """

    def __init__(
        self, bus: Bus, bars: Bars, rules: ExitRules, *, market_moment: Moment, at_window_end: bool = False
    ) -> None:
        self._bus = bus
        self._bars = bars
        self._max_bars = rules.max_bars
        self._market_moment = market_moment
        self._fills = 0  # what was scheduled before the last of them is out of date
        self._position = 0.0
        self._opened: Event | None = None
        self._levels = ExitLevels(rules, 1.0, 0.0)
        self._best = 0.0  # of the entry and the bars before `_unseen`, as the levels' prices are
        self._unseen = 0
        bus.subscribe("FILL", self.on_fill)
        if at_window_end:
            bus.subscribe("WINDOW_END", self.on_window_end)

    def on_fill(self, event: Event) -> None:
        fill = event.payload
        before, self._position = self._position, fill["position"]
        self._fills += 1
        if self._position == 0.0:
            return
        bar, moment, price = fill["bar"], Moment[fill["moment"].upper()], fill["price"]
        if self._opened is None or before * self._position <= 0.0:
            self._opened = event
            self._levels = replace(self._levels, side=copysign(1.0, self._position), entry=price)
            self._best = self._levels.side * price
        else:
            held_until = bar + (moment is Moment.CLOSE)
            self._best = self._levels.best_price(self._bars, self._unseen, held_until, self._best)
            if abs(self._position) > abs(before):
                entry = self._levels.entry
                self._levels = replace(self._levels, entry=entry + (price - entry) * (1.0 - before / self._position))
        self._unseen = bar + (moment is not Moment.OPEN)
        if fill["reason"] is None:
            self._protect(self._opened, bar, moment)

    def on_window_end(self, end: Event) -> None:
        if self._opened is not None and self._position:
            bar = end.payload["bar"]
            found = Exit(bar, Moment.CLOSE, "window_end", "market", None, float(self._bars.close[bar]))
            self._order(self._fills, found, self._opened)

    def _protect(self, opened: Event, bar: int, moment: Moment) -> None:
        """Schedule what may end the position, from a fill at `bar` on."""
        if self._max_bars is not None:
            due = max(opened.payload["bar"] + self._max_bars, bar + (moment > self._market_moment))
            after = Moment.PROTECTION if self._market_moment is Moment.OPEN else Moment.AFTER_CLOSE
            self._bus.schedule(due, partial(self._end_of_time, self._fills, due), opened, after)
        at_once = moment is Moment.WITHIN and self._levels.exit_after_fill_within(self._bars, bar, self._best)
        if at_once:
            self._schedule(opened, at_once)
        else:
            self._look(self._fills, self._unseen, self._best, _FIRST_BARS, opened)

    def _look(self, fills: int, first: int, best: float, count: int, opened: Event) -> None:
        """Schedule the exit within `count` bars from `first` on, or to look further; `best` was reached before them."""
        if fills != self._fills or first >= len(self._bars):
            return
        end = min(first + count, len(self._bars))
        found, best = self._levels.first_exit(self._bars, first, end, best)
        if found is None:
            further = partial(self._look, fills, end, best, 2 * count)
            self._bus.schedule(end - 1, further, opened, Moment.AFTER_CLOSE)
        else:
            self._schedule(opened, found)

    def _schedule(self, opened: Event, found: Exit) -> None:
        self._bus.schedule(found.bar, partial(self._order, self._fills, found), opened, Moment.PROTECTION)

    def _end_of_time(self, fills: int, bar: int, opened: Event) -> None:
        prices = self._bars.open if self._market_moment is Moment.OPEN else self._bars.close
        found = Exit(bar, self._market_moment, "max_bars", "market", None, float(prices[bar]))
        self._order(fills, found, opened)

    def _order(self, fills: int, found: Exit, opened: Event) -> None:
        """Order the exit, unless there was a fill since it was found."""
        if fills != self._fills:
            return
        self._fills += 1
        payload = {
            "symbol": opened.payload["symbol"],
            "bar": found.bar,
            "side": "SELL" if self._position > 0.0 else "BUY",
            "order_type": found.order_type,
            "target_weight": 0.0,
            "quantity": None,
            "reason": found.reason,
            "price": found.price,
            "moment": found.moment.name.lower(),
        }
        if found.level is not None:
            payload[f"{found.order_type}_price"] = found.level
        self._bus.publish(Event("ORDER", self._bars.timestamp(found.bar), "risk", payload))

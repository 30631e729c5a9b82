"""The prices at which a position is to end, and the first bar that reaches one of them."""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np

from topologies.bars import Bars, FloatArray
from topologies.moments import Moment


@dataclass(frozen=True, slots=True)
class ExitRules:
    """Fractions of the entry's price, `trailing_stop` of the best price since; `max_bars` from fill to fill."""

    stop_loss: float | None
    take_profit: float | None
    trailing_stop: float | None
    max_bars: int | None


class Exit(NamedTuple):
    """Which order ends a position where; `level` is the order's own price, `price` what it meets at the market."""

    bar: int
    moment: Moment
    reason: str
    order_type: str
    level: float | None
    price: float


@dataclass(frozen=True, slots=True)
class ExitLevels:
    """Of a position on `side` (1.0 long, -1.0 short) that was entered at `entry`.

    All prices within, `best` too, are times the side, so that more is better for a short position as well.
    """

    rules: ExitRules
    side: float
    entry: float

    def first_exit(self, bars: Bars, first: int, end: int, best: float) -> tuple[Exit | None, float]:
        """The first exit within the bars [first, end), before which `best` was reached; and the best price after them.

        A bar's open comes first; of stop and target, both within one bar, the stop. A trailing stop follows the bars
        before.
        """
        opens, worst, favourable = self._prices(bars, first, end)
        best_before = np.maximum.accumulate(np.concatenate(([best], favourable)))
        stops = np.maximum(self._stop, self._trailing(best_before[:-1]))
        target = self._target
        hits = np.flatnonzero((worst <= stops) | (favourable >= target))
        if not len(hits):
            return None, float(best_before[-1])
        hit = int(hits[0])
        opened, stop = float(opens[hit]), float(stops[hit])
        at_open = opened > stop and opened >= target
        if worst[hit] <= stop and not at_open:
            return self._stopped(first + hit, opened, stop), best
        moment = Moment.OPEN if at_open else Moment.WITHIN
        price = self.side * max(opened, target)
        return Exit(first + hit, moment, "take_profit", "limit", self.side * target, price), best

    def exit_after_fill_within(self, bars: Bars, bar: int, best: float) -> Exit | None:
        """The exit within the `bar` within which there was a fill, at a price of that bar's middle.

        Its best and worst price may have been before the fill: the best does not count, the worst does.
        """
        stop = max(self._stop, float(self._trailing(np.array([best]))[0]))
        return self._stopped(bar, inf, stop) if self._prices(bars, bar, bar + 1)[1][0] <= stop else None

    def best_price(self, bars: Bars, first: int, end: int, best: float) -> float:
        """The best of `best` and the prices of the bars [first, end)."""
        return float(self._prices(bars, first, end)[2].max(initial=best))

    def _stopped(self, bar: int, opened: float, stop: float) -> Exit:
        moment = Moment.OPEN if opened <= stop else Moment.WITHIN
        reason = "trailing_stop" if stop > self._stop else "stop_loss"
        return Exit(bar, moment, reason, "stop", self.side * stop, self.side * min(opened, stop))

    def _prices(self, bars: Bars, first: int, end: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Open, worst and best price of each of the bars [first, end)."""
        worst, best = (bars.low, bars.high) if self.side > 0.0 else (bars.high, bars.low)
        return self.side * bars.open[first:end], self.side * worst[first:end], self.side * best[first:end]

    @property
    def _stop(self) -> float:
        rate = self.rules.stop_loss
        return -inf if rate is None else self.side * self.entry * (1.0 - self.side * rate)

    @property
    def _target(self) -> float:
        rate = self.rules.take_profit
        return inf if rate is None else self.side * self.entry * (1.0 + self.side * rate)

    def _trailing(self, best: FloatArray) -> FloatArray:
        rate = self.rules.trailing_stop
        return np.full(len(best), -inf) if rate is None else best * (1.0 - self.side * rate)

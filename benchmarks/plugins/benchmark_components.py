"""Components of the benchmarks: a phase without work, one with nothing but work, and a strategy with `on_bar`."""

import time
from collections import deque

from phase_worker.discovery import Int, strategy, topology
from phase_worker.topology_builder import PhaseContext
from topologies.components.strategies.intent import Bar

_SPIN_S = 1.0


@topology(name="no_work")
def no_work(context: PhaseContext) -> None:
    """Publish one event, without which a phase does not succeed."""
    context.publish("DONE", None, "no_work", {})


@topology(name="spin")
def spin(context: PhaseContext) -> None:
    """Use a second of a processor."""
    end_s = time.process_time() + _SPIN_S
    while time.process_time() < end_s:
        pass
    no_work(context)


@strategy(name="sma_on_bar", params={"fast": Int(10, 1, 1000), "slow": Int(30, 2, 5000)})
class SmaOnBar:
    """The crossover of averages, bar by bar; sums are of thousandths, and exact."""

    def __init__(self, *, fast: int, slow: int) -> None:
        self._fast, self._slow = fast, slow
        self._closes: deque[int] = deque([0] * slow, slow)
        self._fast_sum = self._slow_sum = 0
        self._missing = slow

    def on_bar(self, bar: Bar) -> float:
        closes = self._closes
        close = round(bar.close * 1000)
        self._fast_sum += close - closes[-self._fast]
        self._slow_sum += close - closes[0]
        closes.append(close)
        self._missing -= 1
        return 1.0 if self._missing <= 0 and self._fast_sum * self._slow > self._slow_sum * self._fast else 0.0

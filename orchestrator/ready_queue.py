"""The phases that can be started now, the earliest in the given order first."""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from heapq import heappop, heappush


class ReadyQueue:
    """Gives out names whose dependencies are done; raises graphlib.CycleError where there is a circle."""

    def __init__(self, dependencies: Mapping[str, Collection[str]]) -> None:
        self._position = {name: position for position, name in enumerate(dependencies)}
        self._names = list(dependencies)
        self._sorter = TopologicalSorter(dependencies)
        self._sorter.prepare()
        self._ready: list[int] = []
        self._refill()

    @property
    def active(self) -> bool:
        """Whether anything is still to be given out or to be done."""
        return self._sorter.is_active()

    def first(self) -> str | None:
        """The next name, which stays in the queue; None while all that is left waits for something to be done."""
        return self._names[self._ready[0]] if self._ready else None

    def pop(self) -> str:
        return self._names[heappop(self._ready)]

    def done(self, name: str) -> None:
        """Free what waited for `name`."""
        self._sorter.done(name)
        self._refill()

    def _refill(self) -> None:
        for name in self._sorter.get_ready():
            heappush(self._ready, self._position[name])

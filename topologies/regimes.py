"""The regimes of a phase's bars: what is traded in which, and what the trace says of their changes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phase_worker.discovery import ComponentRegistry
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from topologies.bars import Bars, FloatArray, IntArray
from topologies.components.regimes.codes import regime_codes
from topologies.components.strategies.intent import compute_targets
from topologies.moments import Moment

Spec = Mapping[str, Any]  # {classifier, params, regimes}, and where it is about one of them: {only}


def codes_of(registry: ComponentRegistry, spec: Spec, bars: Bars) -> IntArray:
    """The number of each bar's regime, shape (n,), as known at its close."""
    factory = registry.get("classifier", spec["classifier"]).factory
    return regime_codes(factory, spec["params"], spec["regimes"], bars)


def within(registry: ComponentRegistry, spec: Spec, bars: Bars) -> NDArray[np.bool_]:
    """Whether each bar is in the regime `only`, shape (n,)."""
    codes: NDArray[np.bool_] = codes_of(registry, spec, bars) == spec["regimes"].index(spec["only"])
    return codes


def targets_by_regime(
    registry: ComponentRegistry, spec: Spec, choices: Spec, bars: Bars, codes: IntArray
) -> FloatArray:
    """At each bar the target of what was chosen for its regime, shape (n,); flat where nothing was.

    `choices` has {strategy, params} by regime, or None.
    """
    targets = np.zeros(len(bars))
    for code, name in enumerate(spec["regimes"]):
        if choice := choices[name]:
            factory = registry.get("strategy", choice["strategy"]).factory
            targets = np.where(codes == code, compute_targets(factory, choice["params"], bars), targets)
    return targets


def announce_changes(bus: EventBus, bars: Bars, spec: Spec, codes: IntArray, start: int) -> None:
    """Publish the regime at bar `start`, None where none is known, and have each change published at its bar's close.

    The cause of a change is the one before.
    """
    names = [*spec["regimes"], None]  # the last is that of NO_REGIME
    changed = [start, *(np.flatnonzero(codes[start + 1 :] != codes[start:-1]) + start + 1).tolist()]

    def publish(number: int) -> None:
        bar = changed[number]
        before = names[codes[bar - 1]] if number else None
        payload = {"symbol": bars.symbol, "bar": bar, "from": before, "to": names[codes[bar]]}
        event = Event("REGIME_CHANGE", bars.timestamp(bar), spec["classifier"], payload)
        bus.publish(event)
        if number + 1 < len(changed):
            bus.schedule(changed[number + 1], lambda _: publish(number + 1), event, Moment.CLOSE)

    publish(0)

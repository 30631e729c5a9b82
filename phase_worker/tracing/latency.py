"""How much event time passes between a signal, its order and its fill."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import fsum
from typing import Any

from phase_worker.events.event import Event
from phase_worker.tracing.event_time import instant

_STEPS = {
    "signal_to_order": ("SIGNAL", "ORDER"),
    "order_to_fill": ("ORDER", "FILL"),
    "signal_to_fill": ("SIGNAL", "FILL"),
}


def latencies(paths: Iterable[list[Event]], bars: Mapping[datetime, int]) -> dict[str, dict[str, Any]]:
    """`{step: {count, seconds, bars}}`, the last two `{min, mean, median, max}` or None where they are not known.

    `bars` gives the index of the bar of each time; bars are known for a step when all its times are bars' times.
    """
    spans: dict[str, list[tuple[datetime, datetime]]] = {step: [] for step in _STEPS}
    for path in paths:
        times = {event.event_type: instant(event.timestamp) for event in path if event.timestamp is not None}
        for step, (start, end) in _STEPS.items():
            if start in times and end in times:
                spans[step].append((times[start], times[end]))
    return {step: _measure(times, bars) for step, times in spans.items()}


def bar_indices(equity_curves: Iterable[Event]) -> dict[datetime, int]:
    """The index of each bar's time, from the EQUITY_CURVE records, which have all bars of the trace."""
    times = {instant(timestamp) for curve in equity_curves for timestamp in curve.payload["timestamp"]}
    return {time: index for index, time in enumerate(sorted(times))}


def _measure(spans: list[tuple[datetime, datetime]], bars: Mapping[datetime, int]) -> dict[str, Any]:
    in_bars = all(time in bars for span in spans for time in span)
    return {
        "count": len(spans),
        "seconds": _statistics([(end - start).total_seconds() for start, end in spans]),
        "bars": _statistics([bars[end] - bars[start] for start, end in spans]) if in_bars else None,
    }


def _statistics(values: list[float]) -> dict[str, float] | None:
    """Of our own: the statistics module takes longer to import than a phase may take to start."""
    if not values:
        return None
    values = sorted(values)
    middle = len(values) // 2
    median = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    return {"min": values[0], "mean": fsum(values) / len(values), "median": median, "max": values[-1]}

"""From a strategy, a function of the bars or a class with `on_bar`, to its target per bar."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from reprlib import repr as shortened
from typing import Any

import numpy as np

from phase_worker.contract.errors import ComponentError
from topologies.bars import Bars, FloatArray, IntArray

# Changes of intent: the bars, their targets, and the targets before; each of shape (k,).
Signals = tuple[IntArray, FloatArray, FloatArray]

_CHUNK_BARS = 1 << 16
_ANSWERS = (int, float, np.integer, np.floating, np.bool_, type(None))


@dataclass(slots=True)
class Bar:
    """What `on_bar` is given at the close of bar `index`; `time_ns` is nanoseconds since 1970 UTC."""

    index: int
    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def compute_targets(factory: Callable[..., Any], params: dict[str, Any], bars: Bars) -> FloatArray:
    """The target of each bar as a weight of equity, shape (n,), finite: 1.0 long, 0.0 flat, -1.0 short.

    `factory` is a function `(bars, **params)` that returns the n targets, or a class, made with `params`, whose
    `on_bar(bar)` returns one. NaN, or None from `on_bar`, keeps the target before, which is 0.0 at first. Raises
    ComponentError when the strategy returns anything else.
    """
    returned = _ask_each_bar(factory, params, bars) if hasattr(factory, "on_bar") else factory(bars, **params)
    return _keep_previous(_checked(returned, factory, bars))


def intent_changes(targets: FloatArray, start: int, end: int) -> Signals:
    """The bars in [start, end) whose target is not the one before, their targets, and the ones before.

    Before `start` the intent is flat, whatever `targets` says there: the account of a window is new.
    """
    wanted = targets[start:end]
    previous = np.concatenate(([0.0], wanted))[:-1]
    changed = np.flatnonzero(wanted != previous)
    return start + changed, wanted[changed], previous[changed]


def _ask_each_bar(factory: Callable[..., Any], params: dict[str, Any], bars: Bars) -> FloatArray:
    on_bar = factory(**params).on_bar
    columns = (bars.time_ns, bars.open, bars.high, bars.low, bars.close, bars.volume)
    answers: list[Any] = []
    for start in range(0, len(bars), _CHUNK_BARS):
        chunk = (column[start : start + _CHUNK_BARS].tolist() for column in columns)
        answers.extend(map(on_bar, map(Bar, count(start), *chunk)))
    odd = {kind for kind in set(map(type, answers)) if not issubclass(kind, _ANSWERS)}
    if odd:
        index = next(index for index, answer in enumerate(answers) if type(answer) in odd)
        raise _wrong(factory, f"on_bar returned {shortened(answers[index])} at {_bar_name(bars, index)}")
    return np.array([np.nan if answer is None else answer for answer in answers], dtype=np.float64)


def _checked(returned: object, factory: Callable[..., Any], bars: Bars) -> FloatArray:
    if not isinstance(returned, np.ndarray):
        raise _wrong(factory, f"it returned {shortened(returned)} for {len(bars)} bars")
    if returned.dtype.kind not in "fiub" or returned.shape != (len(bars),):
        raise _wrong(factory, f"it returned {returned.dtype} of shape {returned.shape} for {len(bars)} bars")
    targets = returned.astype(np.float64)
    infinite = np.flatnonzero(np.isinf(targets))
    if len(infinite):
        raise _wrong(factory, f"its target is infinite at {_bar_name(bars, int(infinite[0]))}")
    return targets


def _wrong(factory: Callable[..., Any], problem: str) -> ComponentError:
    expected = (
        "one finite number per bar, the weight of equity to hold (1.0 long, 0.0 flat, -1.0 short), or, to keep the one "
        "before, None from on_bar and NaN in an array"
    )
    return ComponentError(f"{problem}. Expected {expected}.", where=f"strategy '{factory.__name__}'")


def _bar_name(bars: Bars, index: int) -> str:
    return f"bar {index} ({bars.timestamp(index)})"


def _keep_previous(targets: FloatArray) -> FloatArray:
    """Each NaN replaced by the last number before it, or by 0.0."""
    missing = np.isnan(targets)
    if not missing.any():
        return targets
    from_flat = np.concatenate(([0.0], targets))
    numbers = np.where(np.concatenate(([False], missing)), 0, np.arange(len(from_flat)))
    return from_flat[np.maximum.accumulate(numbers)][1:]

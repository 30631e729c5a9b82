"""Both forms of a strategy give the same targets; what is no target is an error that names the strategy."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ComponentError
from phase_worker.discovery import get_component_registry
from topologies.bars import Bars, FloatArray
from topologies.components.strategies.intent import Bar, compute_targets, intent_changes

MakeBars = Callable[[Sequence[float] | FloatArray], Bars]


@dataclass
class SmaCross:
    """The twin of sma_cross, one bar at a time; exact for prices in quarters."""

    fast: int
    slow: int
    closes: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self.closes = deque(maxlen=self.slow)

    def on_bar(self, bar: Bar) -> float | None:
        self.closes.append(bar.close)
        if len(self.closes) < self.slow:
            return None
        closes = list(self.closes)
        return 1.0 if sum(closes[-self.fast :]) / self.fast > sum(closes) / self.slow else 0.0


@dataclass
class Answers:
    """Answers each bar with the next of a list."""

    answers: list[Any]

    def on_bar(self, bar: Bar) -> Any:
        return self.answers[bar.index]


def given_targets(bars: Bars, *, values: Any) -> Any:
    return values


@pytest.mark.parametrize(("fast", "slow"), [(1, 2), (5, 20), (10, 30)])
def test_a_strategy_written_with_on_bar_gives_the_targets_of_its_vectorised_twin(
    make_bars: MakeBars, fast: int, slow: int
) -> None:
    quarters = 400 + np.cumsum(np.random.default_rng(4).integers(-1, 2, 70_000))
    bars = make_bars(np.abs(quarters) / 4 + 1)
    vectorised = get_component_registry().get("strategy", "sma_cross").factory
    params = {"fast": fast, "slow": slow}
    averages = [bars.feature("sma", window=window)[slow:] for window in (fast, slow)]
    assert (averages[0] == averages[1]).sum() > 100, "ties are what this is about"
    assert compute_targets(SmaCross, params, bars).tobytes() == compute_targets(vectorised, params, bars).tobytes()


def test_on_bar_sees_every_bar_in_order_with_all_its_columns(make_bars: MakeBars) -> None:
    seen: list[Bar] = []

    class Witness:
        def on_bar(self, bar: Bar) -> None:
            seen.append(bar)

    bars = make_bars(np.arange(1.0, 70_001.0))  # more than one chunk
    assert not compute_targets(Witness, {}, bars).any()
    assert [bar.index for bar in seen] == list(range(70_000))
    last = seen[-1]
    assert (last.time_ns, last.open, last.high) == (bars.time_ns[-1], bars.open[-1], bars.high[-1])
    assert (last.low, last.close, last.volume) == (bars.low[-1], bars.close[-1], bars.volume[-1])
    assert isinstance(last.close, float)


@pytest.mark.parametrize(
    ("answers", "targets"),
    [
        ([None, 1.0, None, -0.5, None], [0.0, 1.0, 1.0, -0.5, -0.5]),
        ([float("nan"), 1, float("nan"), True, np.float32(0.5)], [0.0, 1.0, 1.0, 1.0, 0.5]),
        ([None] * 5, [0.0] * 5),
    ],
)
def test_no_opinion_keeps_the_target_before_which_is_flat_at_first(
    make_bars: MakeBars, answers: list[Any], targets: list[float]
) -> None:
    bars = make_bars([1.0] * 5)
    assert compute_targets(Answers, {"answers": answers}, bars).tolist() == targets
    values = np.array([np.nan if answer is None else answer for answer in answers], dtype=np.float64)
    assert compute_targets(given_targets, {"values": values}, bars).tolist() == targets


@pytest.mark.parametrize("values", [np.array([1, 0, -1]), np.array([True, False, False])])
def test_whole_and_truth_numbers_are_targets_too(make_bars: MakeBars, values: Any) -> None:
    targets = compute_targets(given_targets, {"values": values}, make_bars([1.0] * 3))
    assert targets.dtype == np.float64
    assert targets.tolist() == values.astype(float).tolist()


def test_the_targets_are_not_the_strategys_own_array(make_bars: MakeBars) -> None:
    values = np.ones(3)
    targets = compute_targets(given_targets, {"values": values}, make_bars([1.0] * 3))
    targets[:] = 0.0
    assert values.all()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (None, "returned None for 3 bars"),
        ([1.0, 1.0, 1.0], r"returned \[1.0, 1.0, 1.0\] for 3 bars"),
        (np.ones(2), r"returned float64 of shape \(2,\) for 3 bars"),
        (np.ones((3, 1)), r"returned float64 of shape \(3, 1\) for 3 bars"),
        (np.array(["long", "flat", "flat"]), r"returned <U4 of shape \(3,\)"),
        (np.array([1.0, None, 0.0]), r"returned object of shape \(3,\)"),
        (np.array([1.0, np.nan, np.inf]), r"infinite at bar 2 \(1970-01-03T00:00:00Z\)"),
    ],
)
def test_what_is_no_array_of_targets_is_an_error_that_says_what_came(
    make_bars: MakeBars, values: Any, found: str
) -> None:
    with pytest.raises(ComponentError, match=found) as caught:
        compute_targets(given_targets, {"values": values}, make_bars([1.0] * 3))
    assert str(caught.value).startswith("strategy 'given_targets': error E-COMPONENT: ")
    assert "Expected one finite number per bar" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("long", "on_bar returned 'long' at bar 1"),
        ([1.0], r"on_bar returned \[1.0\] at bar 1"),
        (1j, "on_bar returned 1j at bar 1"),
        (float("-inf"), "infinite at bar 1"),
    ],
)
def test_what_is_no_target_from_on_bar_is_an_error_that_names_the_bar(
    make_bars: MakeBars, answer: Any, found: str
) -> None:
    with pytest.raises(ComponentError, match=found) as caught:
        compute_targets(Answers, {"answers": [1.0, answer, 1.0]}, make_bars([1.0] * 3))
    assert caught.value.where == "strategy 'Answers'"


def test_changes_are_the_bars_where_the_target_differs_from_the_one_before() -> None:
    bars, wanted, previous = intent_changes(np.array([0.0, 1.0, 1.0, -1.0, -1.0, 0.0]), 0, 6)
    assert bars.tolist() == [1, 3, 5]
    assert wanted.tolist() == [1.0, -1.0, 0.0]
    assert previous.tolist() == [0.0, 1.0, -1.0]


def test_a_window_starts_flat_whatever_was_wanted_before_it_and_ends_before_its_end() -> None:
    bars, wanted, previous = intent_changes(np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0]), 2, 5)
    assert bars.tolist() == [2, 4]
    assert wanted.tolist() == [1.0, 0.0]
    assert previous.tolist() == [0.0, 1.0]


def test_an_empty_window_has_no_changes() -> None:
    bars, wanted, previous = intent_changes(np.ones(3), 2, 2)
    assert len(bars) == len(wanted) == len(previous) == 0

"""The shipped classifiers do what they say, bar by bar, and know nothing of later bars."""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from phase_worker.discovery import get_component_registry
from tests.fakes.market import make_bars, random_walk
from topologies.bars import Bars, FloatArray
from topologies.market import feature_lookup
from topologies.regimes import codes_of

REGISTRY = get_component_registry(())
PARAMS: dict[str, dict[str, Any]] = {
    "volatility_regime": {"window": 5, "history": 30, "ratio": 1.0},
    "trend_regime": {"window": 10, "band": 0.01},
}
LENGTH = 200


def with_features(bars: Bars) -> Bars:
    columns = {name: getattr(bars, name) for name in ("time_ns", "open", "high", "low", "close", "volume")}
    return Bars("TEST", **columns, feature_lookup=feature_lookup(REGISTRY))


def codes(name: str, bars: Bars) -> list[int]:
    spec = {
        "classifier": name,
        "params": PARAMS[name],
        "regimes": REGISTRY.get("classifier", name).metadata["regimes"],
    }
    return codes_of(REGISTRY, spec, with_features(bars)).tolist()


def closes(bars: Bars) -> list[float]:
    found: list[float] = bars.close.tolist()
    return found


def test_every_shipped_classifier_is_tried() -> None:
    assert {info.name for info in REGISTRY.get_components_by_type("classifier")} == set(PARAMS)


@pytest.mark.parametrize("name", PARAMS)
def test_what_comes_after_a_bar_changes_no_regime_up_to_it(name: str) -> None:
    bars, noise = random_walk(5, LENGTH), random_walk(6, LENGTH)
    known = codes(name, bars)
    assert len(set(known)) == 3
    for now in range(1, LENGTH):
        other: FloatArray = np.concatenate((bars.close[:now], 3.0 * noise.close[now:]))
        assert codes(name, make_bars(other))[:now] == known[:now]
        assert codes(name, make_bars(bars.close[:now])) == known[:now]


def test_volatility_is_compared_with_that_of_the_longer_run() -> None:
    bars = random_walk(3, LENGTH)
    close, expected = closes(bars), []
    for bar in range(LENGTH):
        returns = [close[at] / close[at - 1] - 1.0 for at in range(max(1, bar - 29), bar + 1)]
        if len(returns) < 30:
            expected.append(-1)
            continue
        shorter, longer = (sqrt(sum(r * r for r in part) / len(part)) for part in (returns[-5:], returns))
        expected.append(int(shorter > longer))
    assert codes("volatility_regime", bars) == expected


def test_fewer_bars_than_the_longer_run_are_in_no_regime() -> None:
    assert set(codes("volatility_regime", random_walk(3, 30))) == {-1}
    assert codes("volatility_regime", random_walk(3, 31))[-1] in {0, 1}


def test_prices_that_do_not_move_are_calm() -> None:
    assert codes("volatility_regime", make_bars([7.0] * 40))[-1] == 0


def test_a_trend_holds_until_the_close_is_beyond_the_band_on_the_other_side() -> None:
    bars = random_walk(9, LENGTH)
    close, expected, now = closes(bars), [], -1
    for bar in range(LENGTH):
        if bar >= 9:
            average = sum(close[bar - 9 : bar + 1]) / 10
            now = 0 if close[bar] > average * 1.01 else 1 if close[bar] < average * 0.99 else now
        expected.append(now)
    assert codes("trend_regime", bars) == expected

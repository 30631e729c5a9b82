"""No feature at bar t depends on what comes after t, to the last bit."""

from collections.abc import Callable

import numpy as np
import pytest

from phase_worker.discovery import get_component_registry
from topologies.bars import Bars, FloatArray

FEATURES = [info.name for info in get_component_registry().get_components_by_type("feature")]
RNG = np.random.default_rng(7)
WALK: FloatArray = 50.0 * np.exp(np.cumsum(RNG.normal(0.0, 0.02, 600)))
MARKETS = {
    "cents": np.round(WALK, 2),
    "adjusted": np.round(WALK, 2) * 1.000037,
    "cents, then finer decimals": np.concatenate((np.round(WALK[:400], 2), np.round(WALK[400:], 7))),
    "cents, then no decimals": np.concatenate((np.round(WALK[:350], 2), WALK[350:])),
    "no decimals, then cents": np.concatenate((WALK[:100], np.round(WALK[100:], 2))),
    "falling to nothing": WALK * np.logspace(9, -9, 600),
    "decimals falling to nothing": np.array([round(price, 6) for price in (WALK * np.logspace(6, 0, 600)).tolist()]),
}
ENDS = (1, 19, 20, 21, 64, 65, 201, 349, 350, 351, 352, 399, 401, 599)

MakeBars = Callable[[FloatArray], Bars]


def same(left: FloatArray, right: FloatArray) -> bool:
    return left.tobytes() == right.tobytes()


@pytest.mark.parametrize("window", [1, 2, 20, 63, 300])
@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_is_the_same_when_the_bars_end_earlier(
    make_bars: MakeBars, feature: str, market: str, window: int
) -> None:
    bars = make_bars(MARKETS[market])
    whole = bars.feature(feature, window=window)
    assert whole.shape == (600,)
    for end in ENDS:
        assert same(bars.until(end).feature(feature, window=window), whole[:end]), end


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("feature", FEATURES)
def test_noise_after_a_bar_changes_no_feature_up_to_it(make_bars: MakeBars, feature: str, market: str) -> None:
    closes = MARKETS[market]
    whole = make_bars(closes).feature(feature, window=20)
    for end in ENDS:
        noisy = np.concatenate((closes[:end], closes[end:] * RNG.lognormal(0.0, 1.0, 600 - end)))
        assert same(make_bars(noisy).feature(feature, window=20)[:end], whole[:end]), end


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_feature_of_too_few_bars_is_nan_at_each(make_bars: MakeBars, feature: str, length: int) -> None:
    values = make_bars(WALK[:length]).feature(feature, window=6)
    assert values.shape == (length,)
    assert np.isnan(values).all()

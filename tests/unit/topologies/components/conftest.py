"""Bars for the tests of components."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from phase_worker.discovery import get_component_registry
from topologies.bars import Bars, FloatArray

MakeBars = Callable[[Sequence[float] | FloatArray], Bars]


@pytest.fixture(scope="session")
def make_bars() -> MakeBars:
    """Daily bars with the given closes, whose highs and lows lie 1 % around them."""
    registry = get_component_registry()

    def make(closes: Sequence[float] | FloatArray) -> Bars:
        close = np.asarray(closes, dtype=np.float64)
        return Bars(
            symbol="TEST",
            time_ns=np.arange(len(close), dtype=np.int64) * 86_400_000_000_000,
            open=close,
            high=close * 1.01,
            low=close * 0.99,
            close=close,
            volume=np.full(len(close), 1000.0),
            feature_lookup=lambda name: registry.get("feature", name).factory,
        )

    return make

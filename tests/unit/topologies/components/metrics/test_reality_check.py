"""The Reality Check tells skill from the luck of the best of many; it needs the extra `arch`."""

import numpy as np
import pytest

from topologies.bars import FloatArray
from topologies.components.metrics.reality_check import data_snooping

pytest.importorskip("arch", reason="the extra arch is not installed")


def noise() -> FloatArray:
    returns: FloatArray = np.random.default_rng(8).normal(0.0, 0.01, (1000, 30))
    return returns


def test_the_best_of_many_without_skill_is_not_significant() -> None:
    returns = noise()
    best = returns.mean(axis=0).max() / returns.std() * np.sqrt(1000)
    assert best > 1.96, "by itself it would look significant"
    found = data_snooping(returns, 10, 1)
    assert found.reality_check > 0.1
    assert found.spa > 0.1


def test_one_with_skill_among_them_is() -> None:
    returns = noise()
    returns[:, 4] += 0.0015
    found = data_snooping(returns, 10, 1)
    assert found.spa <= found.reality_check < 0.01


def test_the_same_seed_gives_the_same_p_values() -> None:
    assert data_snooping(noise(), 10, 3) == data_snooping(noise(), 10, 3)

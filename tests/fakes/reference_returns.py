"""Returns that other people's examples are about, drawn as they draw them."""

from math import sqrt
from statistics import NormalDist

import numpy as np

from topologies.bars import FloatArray


def normal_returns(skill: float = 0.0) -> FloatArray:
    """Noise of 20 trials over 1,000 days, of which one may have a `skill` per day."""
    returns: FloatArray = np.random.Generator(np.random.PCG64(12345)).normal(0.0, 0.01, (1000, 20))
    returns[:, 7] += skill
    return returns


def r_normals(seed: int, count: int) -> FloatArray:
    """What R gives for `set.seed(seed); rnorm(count)`: Mersenne Twister, then inversion."""
    state = []
    for _ in range(50 + 625):
        seed = (69069 * seed + 1) % 2**32
        state.append(seed)
    generator = np.random.MT19937()
    key = np.array(state[51:], dtype=np.uint32)
    generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}
    uniform = generator.random_raw(2 * count) * 2.3283064365386963e-10
    uniform = (np.floor(2**27 * uniform[0::2]) + uniform[1::2]) / 2**27
    return np.array([NormalDist().inv_cdf(each) for each in uniform.tolist()])


def vignette_returns() -> FloatArray:
    """Of the vignette of R's `pbo`, shape (2400, 100): each trial has a mean of exactly zero, less 3 % a year."""
    returns = r_normals(765, 100 * 2400).reshape(100, 2400)
    returns *= 1 / sqrt(252) / returns.std(axis=1, ddof=1, keepdims=True)
    returns -= returns.mean(axis=1, keepdims=True)
    excess: FloatArray = returns.T - 0.03 / 252
    return excess

"""Strategies, as a user's plugin would bring them, that log, raise or die at some of their trials."""

import logging
import os
import signal

import numpy as np

from phase_worker.discovery import Choice, Int, strategy
from topologies.bars import Bars, FloatArray

logger = logging.getLogger(__name__)


@strategy(
    name="loud",
    params={"seed": Int(0, 0, 9999), "lines": Int(1, 0, 9999), "end": Choice("well", ("well", "raise", "die", "exit"))},
)
def loud(bars: Bars, *, seed: int, lines: int, end: str) -> FloatArray:
    """Hold at random, after so many lines in the log; some do not come to that."""
    for line in range(lines):
        logger.info("trial %d line %d of process %d", seed, line, os.getpid())
        if end == "die" and line == lines // 2:
            os.kill(os.getpid(), signal.SIGKILL)
    if end == "raise":
        raise ValueError(f"trial {seed} is no good")
    if end == "exit":
        os._exit(7)
    return np.random.default_rng(seed).integers(0, 2, len(bars)).astype(np.float64)

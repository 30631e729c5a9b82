"""Strategies, as a user's plugin would bring them, that log, raise or die at some of their trials."""

import logging
import os
import signal
import time

import numpy as np

from phase_worker.discovery import Choice, Int, strategy
from topologies.bars import Bars, FloatArray

logger = logging.getLogger(__name__)


@strategy(
    name="loud",
    params={
        "seed": Int(0, 0, 9999),
        "lines": Int(1, 0, 9999),
        "width": Int(0, 0, 99_999),
        "end": Choice("well", ("well", "raise", "raise late", "die", "die with the lock")),
    },
)
def loud(bars: Bars, *, seed: int, lines: int, width: int, end: str) -> FloatArray:
    """Hold at random, after so many lines in the log of at least that width; some do not come to that."""
    if end == "die with the lock":  # of what all workers log through: as when it is killed while it logs
        logging.getLogger().handlers[0].queue._wlock.acquire()  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGKILL)
    if end == "raise late":
        time.sleep(1.0)
    for line in range(lines):
        logger.info("trial %d line %d of process %d%s", seed, line, os.getpid(), "." * width)
        if end == "die" and line == lines // 2:
            os.kill(os.getpid(), signal.SIGKILL)
    if end.startswith("raise"):
        raise ValueError(f"trial {seed} is no good")
    return np.random.default_rng(seed).integers(0, 2, len(bars)).astype(np.float64)

"""White's Reality Check and Hansen's test for superior predictive ability, by the optional package `arch`."""

from importlib import import_module
from typing import NamedTuple

import numpy as np

from topologies.bars import FloatArray
from topologies.components.metrics.bootstrap import RESAMPLES


class DataSnooping(NamedTuple):
    """The p-values that the best of the trials is no better than the benchmark, all of them considered."""

    reality_check: float
    spa: float


def data_snooping(returns: FloatArray, block: int, seed: int) -> DataSnooping:
    """Of the trials' `returns` per period, shape (bars, trials), against holding cash, which returns nothing.

    White (2000): the upper p-value; Hansen (2005): the consistent one. By resamples of blocks of `block` bars.
    """
    bootstrap = import_module("arch.bootstrap")  # with what it needs itself this takes seconds
    cash = np.zeros(len(returns))
    # It takes losses: what is lost by a trial is what it does not return.
    test = bootstrap.SPA(cash, -returns, block_size=block, reps=RESAMPLES, bootstrap="circular", seed=seed)
    test.compute()
    return DataSnooping(float(test.pvalues["upper"]), float(test.pvalues["consistent"]))

"""White's Reality Check and Hansen's test for superior predictive ability, by the optional package `arch`."""

from importlib import import_module
from typing import NamedTuple

import numpy as np

from phase_worker.contract.errors import ConfigError
from topologies.bars import FloatArray

RESAMPLES = 1000


class DataSnooping(NamedTuple):
    """The p-values that the best of the trials is no better than the benchmark, all of them considered."""

    reality_check: float
    spa: float


def data_snooping(returns: FloatArray, block: int, seed: int) -> DataSnooping:
    """Of the trials' `returns` per period, shape (bars, trials), against holding cash, which returns nothing.

    White (2000): the upper p-value; Hansen (2005): the consistent one. By resamples of blocks of `block` bars. Raises
    ConfigError where `arch` is not installed.
    """
    try:
        bootstrap = import_module("arch.bootstrap")  # takes seconds: only for a job that asks for it
    except ImportError:
        raise ConfigError(
            "statistics: {spa: true} needs the package arch, which is not installed. Install it: pip install "
            "'daybreak[arch]'."
        ) from None
    # It takes losses: what is lost by a trial is what it does not return.
    test = bootstrap.SPA(
        np.zeros(len(returns)), -returns, block_size=block, reps=RESAMPLES, bootstrap="circular", seed=seed
    )
    test.compute()
    return DataSnooping(float(test.pvalues["upper"]), float(test.pvalues["consistent"]))

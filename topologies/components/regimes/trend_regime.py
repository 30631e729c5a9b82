"""Rising or falling, by the side of its average that the close is on."""

import numpy as np

from phase_worker.discovery import Float, Int, classifier
from topologies.bars import Bars, FloatArray


@classifier(
    name="trend_regime",
    regimes=("rising", "falling"),
    params={"window": Int(200, 2, 10_000), "band": Float(0.0, 0.0, 0.5)},
)
def trend_regime(bars: Bars, *, window: int, band: float) -> FloatArray:
    """Rising from a close above the average of the last `window` closes, falling from one below it.

    Within `band` (0.02 is 2 %) of the average the regime before goes on.
    """
    average = bars.feature("sma", window=window)
    rising, falling = bars.close > average * (1.0 + band), bars.close < average * (1.0 - band)
    return np.where(rising, 0.0, np.where(falling, 1.0, np.nan))

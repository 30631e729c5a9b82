"""How a figure is spread over many results."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_SHARES = {"minimum": 0.0, "p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "maximum": 1.0}


def distribution(values: Sequence[float | None]) -> dict[str, Any]:
    """Count, mean, standard deviation (ddof=1) and quantiles, between two values by a straight line.

    What is None is left out and counted as `undefined`; without any value every figure is None.
    """
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    counts = {"count": len(values), "undefined": len(values) - len(known)}
    if not len(known):
        return counts | dict.fromkeys(("mean", "standard_deviation", *_SHARES))
    spread = {
        "mean": float(known.mean()),
        "standard_deviation": float(known.std(ddof=1)) if len(known) > 1 else None,
    }
    return counts | spread | dict(zip(_SHARES, np.quantile(known, list(_SHARES.values())).tolist(), strict=True))

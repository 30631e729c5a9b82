"""From a classifier, a function of the bars, to the number of the regime of each bar."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from phase_worker.contract.errors import ComponentError
from topologies.bars import Bars, IntArray

NO_REGIME = -1


def regime_codes(
    classifier: Callable[..., Any], params: dict[str, Any], regimes: Sequence[str], bars: Bars
) -> IntArray:
    """The place in `regimes` of each bar's, shape (n,), as it is known at the bar's close; -1 before the first.

    The classifier returns the places as numbers; where one is NaN, the regime before goes on. Raises ComponentError
    when it returns anything else.
    """
    returned = classifier(bars, **params)
    where = f"classifier '{classifier.__name__}'"
    if not isinstance(returned, np.ndarray) or returned.shape != (len(bars),) or returned.dtype.kind not in "fiub":
        raise ComponentError(f"expected an array of {len(bars)} numbers, one for each bar", where=where)
    numbers = returned.astype(np.float64)
    known = ~np.isnan(numbers)
    places = (numbers >= 0) & (numbers < len(regimes)) & (np.floor(numbers) == numbers)
    wrong = np.flatnonzero(known & ~places)
    if len(wrong):
        bar = int(wrong[0])
        raise ComponentError(
            f"it gave {numbers[bar]:g} for bar {bar} ({bars.timestamp(bar)}). Expected NaN, for the regime before, or "
            f"a whole number from 0 to {len(regimes) - 1}: the place of one of {', '.join(regimes)}",
            where=where,
        )
    codes = np.concatenate(([NO_REGIME], np.where(known, numbers, NO_REGIME).astype(np.int64)))
    latest = np.maximum.accumulate(np.where(np.concatenate(([True], known)), np.arange(len(codes)), 0))
    filled: IntArray = codes[latest][1:]
    return filled

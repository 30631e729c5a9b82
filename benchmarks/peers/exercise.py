"""What every peer is asked for, and how it answers; of the standard library alone, to run anywhere."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

FAST, SLOW, SHARES, CASH = 10, 30, 100, 100_000
SWEEP = [(fast, slow) for fast in range(5, 25) for slow in range(30, 70, 2)]
SMALL_SWEEP = [(fast, slow) for fast in range(5, 15) for slow in range(30, 55, 5)]
# Bars [start, boundary) to train on, [boundary, end) to test on.
WINDOWS = [(start, start + 2000, start + 2800) for start in range(0, 8000, 800)]

Backtest = Callable[..., float]


def answer(data: Any, **exercises: Callable[[Any], dict[str, Any]]) -> None:
    """Do the exercise that the first argument names with `data`; say how long it took and what came out."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = exercises[sys.argv[1]](data)
    times = {"engine_wall_s": time.perf_counter() - wall_s, "engine_cpu_s": time.process_time() - cpu_s}
    print(json.dumps(times | found), flush=True)


def sweep(backtest: Backtest, data: Any) -> dict[str, Any]:
    """The final equity of every combination, by one backtest after the other."""
    return {"equities": [backtest(data, fast, slow) for fast, slow in SWEEP]}


def walk_forward(backtest: Backtest, data: Any) -> dict[str, Any]:
    """The final equity of each test window, under the parameters that were best in its train window."""
    found = []
    for start, boundary, end in WINDOWS:
        best = max(SMALL_SWEEP, key=lambda pair, train=data[start:boundary]: backtest(train, *pair))
        found.append(backtest(data[boundary:end], *best))
    return {"equities": found}

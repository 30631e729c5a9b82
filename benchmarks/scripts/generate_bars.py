"""Writes the benchmarks' market data: a geometric random walk of one-minute bars, the same for everyone."""

import sys
from pathlib import Path

import numpy as np

_SEED = 20240607
_LENGTH = 1_000_000  # always drawn in full, so that shorter files are the beginning of longer ones
_VOLATILITY = 5e-4
_FIRST_MINUTE = np.datetime64("2015-01-01T00:00:00", "s")


def main(path: Path, count: int) -> None:
    """The first `count` bars, at most a million; prices are whole thousandths, which all peers can hold."""
    random = np.random.default_rng(_SEED)
    close = 100.0 * np.exp(np.cumsum(random.normal(-0.5 * _VOLATILITY**2, _VOLATILITY, _LENGTH)))
    gaps = np.exp(random.normal(0.0, _VOLATILITY / 4, _LENGTH))
    opening = np.concatenate(([100.0], close[:-1])) * gaps
    high = np.maximum(opening, close) * np.exp(np.abs(random.normal(0.0, _VOLATILITY / 2, _LENGTH)))
    low = np.minimum(opening, close) * np.exp(-np.abs(random.normal(0.0, _VOLATILITY / 2, _LENGTH)))
    volume = random.integers(1_000, 100_000, _LENGTH)
    minutes = _FIRST_MINUTE + np.arange(count) * np.timedelta64(60, "s")
    columns = (np.round(prices[:count], 3).tolist() for prices in (opening, high, low, close))
    rows = zip(np.datetime_as_string(minutes).tolist(), *columns, volume[:count].tolist(), strict=True)
    with path.open("w") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for time, o, h, lo, c, v in rows:
            file.write(f"{time.replace('T', ' ')},{o:.3f},{h:.3f},{lo:.3f},{c:.3f},{v}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

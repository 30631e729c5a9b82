"""What a job chooses, section by section, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DataChoice:
    """The market data; `file` and `factors` are absolute; the other keys say how its bars are read."""

    file: Path
    symbol: str
    format: str
    timezone: str | None
    prices: str
    factors: Path | None
    calendar: str | None
    resample: str | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that it is read from."""
        return (self.file, self.factors) if self.factors else (self.file,)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "DataChoice":
        """Of the values of a section; SPY.csv.gz is of SPY, where it does not say of what."""
        symbol = values["symbol"] or values["file"].stem.removesuffix(".csv").upper()
        return cls(**{**values, "symbol": symbol})


@dataclass(frozen=True, slots=True)
class Windows:
    """How the bars are divided, in numbers of bars; where one is None, the workflow decides."""

    train: int | None
    test: int | None
    step: int | None
    anchored: bool
    purge: int
    groups: int = 6
    test_groups: int = 2
    embargo: int = 0


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """How many resamples there are, of blocks of how many bars, drawn by which seed."""

    paths: int = 1000
    block: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Commission:
    """Per fill: basis points of the traded value plus cash per share, and at least `minimum`."""

    bps: float
    per_share: float
    minimum: float


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """`type` is `market`, `limit`, `stop` or `stop_limit`, prices are relative to the decision's close."""

    type: str = "market"
    limit_bps: float = 0.0
    stop_bps: float = 0.0
    valid_bars: int | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """`fill` is `next_open`, `same_close` or `next_close`; `periods_per_year` None: inferred from the data.

    `volume_cap` is a share of a bar's volume, `slippage_cap` `bar_range` or `none`, `at_end` `hold` or `close`.
    """

    cash: float
    fill: str
    shares: str
    commission: Commission
    slippage_bps: float
    periods_per_year: float | None
    slippage_cap: str = "none"
    order: OrderTerms = OrderTerms()
    volume_cap: float | None = None
    at_end: str = "hold"


@dataclass(frozen=True, slots=True)
class Risk:
    """`sizing` names a sizer, `params` has a value for each of its parameters; the rest ends positions."""

    sizing: str
    params: dict[str, Any]
    max_weight: float
    allow_short: bool
    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None
    max_bars: int | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The settings under which stored signals are traded again."""

    execution: Execution
    risk: Risk


@dataclass(frozen=True, slots=True)
class TraceChoice:
    """`level` is `full`, `trades` or `metrics`, `compress` is `none` or `zst`."""

    level: str
    bars: bool
    compress: str


@dataclass(frozen=True, slots=True)
class Resources:
    """What each phase may use, a sweep in each of its `workers`; `job_time_s` is for a whole job from a queue."""

    memory_bytes: int
    time_s: float
    workers: int
    job_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class PhaseChoice:
    """A phase that the job itself lists, for the workflow `custom`; a fan-out where there is a `for_each`.

    `when` has the conditions as the job gives them, with all their keys.
    """

    name: str
    topology: str
    depends_on: tuple[str, ...]
    config: dict[str, Any]
    when: tuple[dict[str, Any], ...] = ()
    requires: str = "all"
    for_each: tuple[dict[str, Any], ...] = ()
    for_each_of: str | None = None

"""Made-up markets, and phases that run on them without a process of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from phase_worker.contract.paths import RunPaths
from phase_worker.discovery import ComponentRegistry, get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext, TopologyBuilder
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer
from topologies.bars import COLUMNS, Bars, FloatArray

FAKES = Path(__file__).parent
DAY_NS = 86_400 * 10**9
FIRST_DAY_NS = int(np.datetime64("2020-01-01", "ns").astype(np.int64))


def make_bars(close: Sequence[float] | FloatArray, opens: Sequence[float] | FloatArray | None = None) -> Bars:
    """Daily bars from 2020-01-01 on that close at `close`; each opens at the close before, or at `opens`."""
    closes = np.asarray(close, dtype=np.float64)
    starts = np.concatenate((closes[:1], closes[:-1])) if opens is None else np.asarray(opens, dtype=np.float64)
    return Bars(
        "TEST",
        FIRST_DAY_NS + np.arange(len(closes), dtype=np.int64) * DAY_NS,
        open=starts,
        high=np.maximum(starts, closes),
        low=np.minimum(starts, closes),
        close=closes,
        volume=np.full(len(closes), 1000.0),
    )


def make_ohlc(*rows: tuple[float, float, float, float], volume: float = 1000.0) -> Bars:
    """Daily bars from 2020-01-01 on, each given by its open, high, low and close."""
    opens, highs, lows, closes = np.array(rows, dtype=np.float64).T
    bars = make_bars(closes, opens)
    return replace(bars, high=highs, low=lows, volume=np.full(len(bars), volume))


def random_walk(seed: int, length: int) -> Bars:
    """Bars of a walk whose first n bars are the same for every length; opens gap from the close before."""
    steps = np.random.default_rng(seed).normal(0.0, 0.015, (length, 2))
    closes = 100.0 * np.exp(np.cumsum(steps.sum(axis=1)))
    return make_bars(closes, closes * np.exp(-steps[:, 1]))


def write_csv(folder: Path, bars: Bars, adj_close: FloatArray | None = None) -> Path:
    """A data file with exactly these numbers, named by its content."""
    names = [*COLUMNS, *([] if adj_close is None else ["adj_close"])]
    columns = [getattr(bars, name) for name in COLUMNS] + ([] if adj_close is None else [adj_close])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    lines = [",".join(["timestamp", *names])]
    lines += [",".join([bars.timestamp(number), *map(repr, row)]) for number, row in enumerate(rows)]
    content = "\n".join(lines).encode() + b"\n"
    path = folder / f"{sha256(content).hexdigest()[:16]}.csv"
    path.write_bytes(content)
    return path


def sha256_of(path: Path) -> str:
    """What names the content of a data file."""
    return sha256(path.read_bytes()).hexdigest()


def trading_config(data: Path, strategy: Mapping[str, Any], **changes: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a phase that trades `data`; `changes` are laid over its sections."""
    config: dict[str, Any] = {
        "bars": {"sha256": sha256_of(data), "symbol": "TEST", "prices": "raw", "start": 0},
        "strategy": dict(strategy),
        "execution": {
            "cash": 100_000.0,
            "fill": "next_open",
            "shares": "fractional",
            "commission": {"bps": 0.0, "per_share": 0.0, "minimum": 0.0},
            "slippage_bps": 0.0,
            "slippage_cap": "none",
            "order": {"type": "market", "limit_bps": 0.0, "stop_bps": 0.0, "valid_bars": None},
            "volume_cap": None,
            "at_end": "hold",
        },
        "risk": {
            "sizing": "all_in",
            "params": {},
            "max_weight": 1.0,
            "allow_short": False,
            "stop_loss": None,
            "take_profit": None,
            "trailing_stop": None,
            "max_bars": None,
        },
        "periods_per_year": 252.0,
        "trace": {"level": "full", "bars": False},
    }
    return config | {section: config[section] | dict(change) for section, change in changes.items()}


@cache
def registry_with(*plugins: Path) -> ComponentRegistry:
    """Daybreak's components and those of `plugins`."""
    return get_component_registry(plugins)


@dataclass(frozen=True)
class Workbench:
    """Runs phases over the data files in `folder`, and keeps their bars cache there."""

    folder: Path
    plugins: tuple[Path, ...] = ()
    sources: dict[str, Path] = field(default_factory=dict)
    workers: int = 1

    def add_data(self, bars: Bars, adj_close: FloatArray | None = None) -> Path:
        """Write the bars to a data file that phases will find."""
        return self.add_file(write_csv(self.folder, bars, adj_close))

    def add_file(self, path: Path) -> Path:
        """Let phases find a data file."""
        self.sources[sha256_of(path)] = path
        return path

    def run(
        self, topology: str, config: Mapping[str, Any], inputs: Mapping[str, TraceQuery] | None = None
    ) -> list[Event]:
        """All events of one phase."""
        registry = registry_with(*self.plugins)
        bus, tracer = EventBus(), UnifiedTracer()
        bus.attach_tracer(tracer)
        context = PhaseContext(
            config, bus, registry, inputs or {}, self.sources, RunPaths(self.folder, "run"), self.workers
        )
        TopologyBuilder(registry).build_topology(topology, config).run(context)
        bus.shutdown()
        return tracer.events


def trace_of(events: Sequence[Event], name: str = "") -> TraceQuery:
    """The trace that a dependent phase would read these events from."""
    tracer = UnifiedTracer(name)
    for event in events:
        tracer.record(event)
    return TraceQuery(tracer)


def payloads(events: Sequence[Event], event_type: str) -> list[dict[str, Any]]:
    """The payloads of the events of one type."""
    return [event.payload for event in events if event.event_type == event_type]

"""Traces made with a real bus and tracer."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer

Publish = Callable[[EventBus], None]
MakeTrace = Callable[..., Path]


def day(bar: int) -> str:
    return f"2020-01-{bar + 1:02d}T00:00:00Z"


def trade(bus: EventBus, signals: Collection[int] = (1, 4, 6), rejected: Collection[int] = (6,), bars: int = 8) -> None:
    """A signal at each bar of `signals`: ordered at once unless `rejected`, filled at the next bar."""
    now = 0

    def decide(event: Event) -> None:
        decision = "rejected" if now in rejected else "approved"
        bus.publish(Event("RISK_DECISION", event.timestamp, "risk", {"symbol": "SPY", "decision": decision}))

    def order(event: Event) -> None:
        if event.payload["decision"] == "approved":
            bus.publish(Event("ORDER", event.timestamp, "risk", {"symbol": "SPY", "side": "BUY"}))

    def fill(event: Event) -> None:
        bus.publish(Event("FILL", day(now), "broker", {"symbol": "SPY", "quantity": 1.5, "price": 100.0 + now}))

    def account(event: Event) -> None:
        bus.publish(Event("POSITION_OPEN", event.timestamp, "portfolio", {"symbol": "SPY", "side": "LONG"}))
        bus.publish(Event("PORTFOLIO_UPDATE", event.timestamp, "portfolio", {"cash": 0.0, "equity": 1000.0}))

    bus.subscribe("SIGNAL", decide)
    bus.subscribe("RISK_DECISION", order)
    bus.subscribe("ORDER", lambda event: bus.schedule(now + 1, fill, event))
    bus.subscribe("FILL", account)
    bus.publish(Event("TRACE_OPEN", None, "phase_worker", {"request_digest": "ab" * 32, "topology": "backtest"}))
    for now in range(bars):
        bus.advance(now)
        if now in signals:
            bus.publish(Event("SIGNAL", day(now), "sma_cross", {"symbol": "SPY", "target": 1.0}))
    curve = {"timestamp": [day(bar) for bar in range(bars)], "equity": [1000.0] * bars}
    bus.publish(Event("EQUITY_CURVE", day(bars - 1), "portfolio", curve))


def record(publish: Publish, tracer: UnifiedTracer) -> UnifiedTracer:
    bus = EventBus()
    bus.attach_tracer(tracer)
    publish(bus)
    bus.shutdown()
    return tracer


@pytest.fixture
def make_trace(tmp_path: Path) -> MakeTrace:
    """`make_trace(publish, name=, …)`: what `publish` puts on a bus, as a sealed trace; the rest is the tracer's."""

    def make(publish: Publish = trade, name: str = "run_train.jsonl", **options: Any) -> Path:
        final = tmp_path / name
        record(publish, UnifiedTracer(path=tmp_path / f"{name}.partial", **options)).seal(final)
        return final

    return make


@pytest.fixture
def record_in_memory() -> Callable[..., UnifiedTracer]:
    """`record_in_memory(publish)`: the same, as a tracer that holds it."""

    def make(publish: Publish = trade) -> UnifiedTracer:
        return record(publish, UnifiedTracer("in-memory"))

    return make

"""The metrics component turns what the bus has told into one PORTFOLIO_METRICS."""

from typing import Any

import numpy as np
import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.tracer import UnifiedTracer
from tests.fakes.market import make_bars
from topologies.components.metrics.portfolio_metrics import PortfolioMetrics

BARS = make_bars([10.0, 11.0, 12.0, 13.0, 14.0])


def publish(bus: EventBus, event_type: str, payload: dict[str, Any]) -> None:
    bus.publish(Event(event_type, BARS.timestamp(4), "test", payload))


def fill(bar: int, side: str, position: float) -> dict[str, Any]:
    return {"bar": bar, "side": side, "quantity": 20.0, "price": 10.0, "commission": 1.5, "position": position}


def test_the_equity_curve_is_answered_with_the_metrics_of_curve_fills_and_trades() -> None:
    bus, tracer = EventBus(), UnifiedTracer()
    bus.attach_tracer(tracer)
    labels = {"strategy": "sma_cross", "params": {"fast": 5}}
    PortfolioMetrics(bus, BARS.time_ns, start=1, cash=1000.0, periods_per_year=252.0, labels=labels)
    publish(bus, "FILL", fill(2, "BUY", 20.0))
    publish(bus, "FILL", fill(3, "SELL", 0.0))
    publish(bus, "POSITION_CLOSE", {"pnl": 40.0})
    publish(bus, "POSITION_CLOSE", {"pnl": -10.0})
    publish(bus, "EQUITY_CURVE", {"equity": np.array([1000.0, 1020.0, 1010.0, 1030.0])})

    answer = tracer.events[-1]
    assert (answer.event_type, answer.causation_id) == ("PORTFOLIO_METRICS", tracer.events[-2].event_id)
    found = answer.payload
    assert found["strategy"] == "sma_cross"
    assert found["params"] == {"fast": 5}
    assert (found["bars"], found["start_cash"], found["final_equity"]) == (4, 1000.0, 1030.0)
    assert (found["fills"], found["commission"], found["exposure"]) == (2, 3.0, 0.25)
    assert (found["trades"], found["wins"], found["profit_factor"]) == (2, 1, 4.0)
    turnover = 200.0 / 1000.0 + 200.0 / 1020.0  # equity at the close before bars 2 and 3
    assert found["annual_turnover"] == pytest.approx(turnover / (3 / 365.25))


def test_every_metric_is_a_plain_number_or_text_that_json_can_hold() -> None:
    bus, tracer = EventBus(), UnifiedTracer()
    bus.attach_tracer(tracer)
    PortfolioMetrics(bus, BARS.time_ns, start=0, cash=1000.0, periods_per_year=252.0, labels={})
    publish(bus, "FILL", fill(2, "BUY", 20.0))
    publish(bus, "EQUITY_CURVE", {"equity": np.array([1000.0, 990.0, 1020.0, 1010.0, 1030.0])})
    assert {type(value) for value in tracer.events[-1].payload.values()} <= {int, float, str, type(None)}

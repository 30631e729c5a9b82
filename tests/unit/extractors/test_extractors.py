"""Each extractor selects the events of its type, and hands on their payload as it is."""

import subprocess
import sys

import pytest

from extractors import FillExtractor, PortfolioMetricsExtractor, ResultExtractor, SignalExtractor
from phase_worker.discovery import get_component_registry
from phase_worker.events.event import Event

EXTRACTORS = {info.name: info for info in get_component_registry().get_components_by_type("extractor")}
EVENT_TYPES = {
    "data": "DATA",
    "data_warnings": "DATA_WARNING",
    "equity_curve": "EQUITY_CURVE",
    "fills": "FILL",
    "orders": "ORDER",
    "performance_snapshots": "PORTFOLIO_UPDATE",
    "portfolio_metrics": "PORTFOLIO_METRICS",
    "positions": "POSITION_CLOSE",
    "regime_changes": "REGIME_CHANGE",
    "risk_decisions": "RISK_DECISION",
    "rule_returns": "RULE_RETURNS",
    "selections": "SELECTION",
    "signals": "SIGNAL",
    "distributions": "DISTRIBUTION",
    "windows": "WINDOW",
}


def make(name: str) -> ResultExtractor:
    made = EXTRACTORS[name].factory()
    assert isinstance(made, ResultExtractor)
    return made


@pytest.mark.parametrize(("name", "event_type"), EVENT_TYPES.items())
def test_an_extractor_selects_its_type_of_event_and_no_other(name: str, event_type: str) -> None:
    extractor = make(name)
    assert extractor.result_category == name
    assert extractor.event_types == {event_type}
    for other in (*EVENT_TYPES.values(), "TRACE_OPEN", "BAR", event_type.lower(), ""):
        event = Event(other, "2020-01-03T00:00:00Z", "test", {"value": 1})
        assert extractor.can_extract(event) == (other == event_type)
        assert (extractor.extract(event) is not None) == (other == event_type)


@pytest.mark.parametrize(("name", "event_type"), EVENT_TYPES.items())
def test_the_payload_is_handed_on_with_the_events_id_and_time(name: str, event_type: str) -> None:
    payload = {"symbol": "SPY", "quantity": 3.5, "params": {"fast": 5}}
    event = Event(event_type, "2020-01-03T00:00:00Z", "broker", payload, 12, 11, 9)
    assert make(name).extract(event) == {"event_id": 12, "timestamp": "2020-01-03T00:00:00Z", **payload}
    assert event.payload == {"symbol": "SPY", "quantity": 3.5, "params": {"fast": 5}}


def test_the_times_of_an_equity_curve_stand_instead_of_the_events() -> None:
    payload = {"timestamp": ["2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"], "equity": [100_000.0, 100_001.0]}
    event = Event("EQUITY_CURVE", "2020-01-03T00:00:00Z", "portfolio", payload, 7)
    assert make("equity_curve").extract(event) == {"event_id": 7, **payload}


def test_an_extractor_of_ones_own_may_be_choosier_than_its_type() -> None:
    class LargeFills(FillExtractor):
        result_category = "large_fills"

        def can_extract(self, event: Event) -> bool:
            return super().can_extract(event) and event.payload["quantity"] > 100

    assert LargeFills().extract(Event("FILL", None, "broker", {"quantity": 99})) is None
    assert LargeFills().extract(Event("FILL", None, "broker", {"quantity": 101})) is not None


def test_the_seeds_names_are_the_registered_extractors() -> None:
    assert EXTRACTORS["portfolio_metrics"].factory is PortfolioMetricsExtractor
    assert EXTRACTORS["signals"].factory is SignalExtractor
    assert EXTRACTORS["fills"].factory is FillExtractor


def test_extractors_load_no_numpy_bus_or_runner() -> None:
    code = (
        "import sys; from phase_worker.discovery import get_component_registry as registry\n"
        "for info in registry().get_components_by_type('extractor'): info.factory\n"
        "print(*sorted(m for m in sys.modules if m == 'numpy' or m.startswith(('phase_worker.', 'topologies'))))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [m for m in loaded if not m.startswith("phase_worker.contract")] == [
        "phase_worker.constraints",
        "phase_worker.declarations",
        "phase_worker.discovery",
        "phase_worker.events",
        "phase_worker.events.event",
        "phase_worker.parameters",
    ]

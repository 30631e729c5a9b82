"""The data phase says what the market data is, and what in it looks wrong."""

from pathlib import Path

import numpy as np
import pytest

from phase_worker.contract.errors import DataError
from phase_worker.events.event import Event
from tests.fakes.market import Workbench, make_bars, payloads, random_walk, sha256_of
from topologies.bars import Bars


def describe(folder: Path, data: Path) -> list[Event]:
    config = {"bars": {"sha256": sha256_of(data), "symbol": "TEST", "prices": "raw"}}
    return Workbench(folder, sources={sha256_of(data): data}).run("market_data", config)


def with_spike(bars: Bars) -> Bars:
    bars.high[20] *= 1.4
    return bars


def test_the_data_is_described_by_content_size_span_and_frequency(tmp_path: Path) -> None:
    bars = random_walk(1, 60)
    data = Workbench(tmp_path).add_data(bars)
    (event,) = describe(tmp_path, data)
    assert (event.event_type, event.timestamp) == ("DATA", bars.timestamp(59))
    assert event.payload == {
        "symbol": "TEST",
        "sha256": sha256_of(data),
        "factors": None,
        "prices": "raw",
        "bars": 60,
        "first": bars.timestamp(0),
        "last": bars.timestamp(59),
        "periods_per_year": 365,  # these bars come on weekends too
        "warnings": 0,
    }


def test_what_is_suspicious_is_warned_of_at_its_bar(tmp_path: Path) -> None:
    bars = with_spike(random_walk(1, 60))
    events = describe(tmp_path, Workbench(tmp_path).add_data(bars))
    assert payloads(events, "DATA")[0]["warnings"] == 1
    (warning,) = payloads(events, "DATA_WARNING")
    assert (warning["code"], warning["row"]) == ("W-SPIKE", 20)
    assert "2020-01-21" in warning["message"]
    assert events[-1].timestamp == bars.timestamp(20)


def test_the_shipped_data_is_warned_of_for_its_one_bad_print(tmp_path: Path, spy_csv: Path) -> None:
    events = describe(tmp_path, spy_csv)
    (description,) = payloads(events, "DATA")
    assert (description["bars"], description["periods_per_year"]) == (5849, 252)
    assert (description["first"], description["last"]) == ("1998-01-02T00:00:00Z", "2021-03-31T00:00:00Z")
    spikes = [found for found in payloads(events, "DATA_WARNING") if found["code"] == "W-SPIKE"]
    assert [found["message"][:10] for found in spikes] == ["2002-04-02"]


def test_a_split_that_raw_prices_show_and_adjusted_ones_do_not_is_warned_of(tmp_path: Path) -> None:
    close = np.array([100.0] * 10 + [50.0] * 10)
    data = Workbench(tmp_path).add_data(make_bars(close, close), adj_close=np.full(20, 50.0))
    (warning,) = payloads(describe(tmp_path, data), "DATA_WARNING")
    assert (warning["code"], warning["row"]) == ("W-SPLIT", 10)


def test_data_that_cannot_be_trusted_fails_the_phase(tmp_path: Path) -> None:
    data = Workbench(tmp_path).add_data(random_walk(1, 60))
    data.write_bytes(data.read_bytes().replace(b"2020-01-09", b"2020-01-08"))
    with pytest.raises(DataError, match=rf"{data.name}:10: E-TS-DUP"):
        describe(tmp_path, data)

"""The fills of other backtesters over the same 10,000 bars are Daybreak's, each under its own convention."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from phase_worker.events.event import Event
from tests.fakes.market import FAKES, Workbench, payloads, trading_config

OWN_FILLS = Path(__file__).parents[1] / "data" / "peer_fills"
PLUGINS = (FAKES / "peer_averages.py",)
CROSS = {"name": "sma_cross", "params": {"fast": 10, "slow": 30}}

NEXT_OPEN = {"fill": "next_open"}
SAME_CLOSE = {"fill": "same_close"}
NEXT_CLOSE = {"fill": "next_close"}


class Convention(NamedTuple):
    """What makes Daybreak trade as the peer did, and what the peer ended with."""

    execution: dict[str, Any]
    fills: int
    final_equity: float
    strategy: dict[str, Any] = CROSS


CONVENTIONS = {
    "oracle_next_open": Convention(NEXT_OPEN, 396, 100_276.90),
    "oracle_same_close": Convention(SAME_CLOSE, 396, 100_282.80),
    "oracle_next_close": Convention(NEXT_CLOSE, 396, 100_288.30),
    "backtrader": Convention(NEXT_OPEN, 396, 100_276.90),
    "backtestingpy": Convention(NEXT_OPEN, 396, 100_276.90),
    "vectorbt": Convention(NEXT_OPEN, 396, 100_276.90),
    "vectorbt_rust": Convention(NEXT_OPEN, 396, 100_276.90),
    "pybroker": Convention(NEXT_OPEN, 396, 100_276.90),
    "zipline": Convention(NEXT_OPEN, 396, 100_276.90),
    "zipline_defslip": Convention(NEXT_CLOSE, 396, 100_288.30),
    "nautilus": Convention(SAME_CLOSE, 396, 100_282.80),
    # The peer's strategy does nothing while an order is in flight, which with latency it is at the next bar's close.
    "nautilus_latency": Convention(
        NEXT_CLOSE, 394, 100_262.00, {"name": "cross_in_flight", "params": {"fast": 10, "slow": 30}}
    ),
}


class PeerFill(NamedTuple):
    bar: int
    side: str
    price: float
    quantity: float


def read_fills(path: Path) -> list[PeerFill]:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [PeerFill(int(bar), side, float(price), float(quantity)) for bar, side, price, quantity in rows]


def trade(
    folder: Path, data: Path, strategy: dict[str, Any], execution: dict[str, Any], shares: float = 100.0
) -> list[Event]:
    bench = Workbench(folder, PLUGINS)
    risk = {"sizing": "fixed_shares", "params": {"quantity": shares}, "allow_short": False}
    return bench.run("backtest", trading_config(bench.add_file(data), strategy, execution=execution, risk=risk))


def fills_of(events: list[Event]) -> list[PeerFill]:
    fills = payloads(events, "FILL")
    return [PeerFill(fill["bar"], fill["side"], fill["price"], fill["quantity"]) for fill in fills]


def assert_equal_fills(found: list[PeerFill], expected: list[PeerFill]) -> None:
    """Bar by bar, side by side, to the share; prices to what the sixth decimal that is written of them allows."""
    assert [fill._replace(price=0.0) for fill in found] == [fill._replace(price=0.0) for fill in expected]
    assert [fill.price for fill in found] == pytest.approx([fill.price for fill in expected], rel=0, abs=1e-9)


@pytest.mark.parametrize("peer", CONVENTIONS)
def test_every_fill_is_the_peers(peer: str, peers: Path, tmp_path: Path) -> None:
    convention = CONVENTIONS[peer]
    events = trade(tmp_path, peers / "input_10k.csv", convention.strategy, convention.execution)

    assert len(fills_of(events)) == convention.fills
    assert_equal_fills(fills_of(events), read_fills(peers / f"{peer}_fills.csv"))
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["final_equity"] == pytest.approx(convention.final_equity, rel=0, abs=1e-6)


@pytest.mark.parametrize("execution", [NEXT_OPEN, SAME_CLOSE, NEXT_CLOSE], ids=lambda execution: execution["fill"])
def test_a_fill_has_the_time_and_the_price_of_its_bar(execution: dict[str, Any], peers: Path, tmp_path: Path) -> None:
    with (peers / "input_10k.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    column = "open" if execution["fill"] == "next_open" else "close"

    fills = [
        event for event in trade(tmp_path, peers / "input_10k.csv", CROSS, execution) if event.event_type == "FILL"
    ]

    bars = [rows[event.payload["bar"]] for event in fills]
    assert [event.timestamp for event in fills] == [f"{bar['timestamp'].replace(' ', 'T')}Z" for bar in bars]
    assert [event.payload["price"] for event in fills] == [float(bar[column]) for bar in bars]


def test_pybrokers_own_fills_are_daybreaks_but_for_the_price(peers: Path, tmp_path: Path) -> None:
    """By default it is the middle of the bar's range, rounded to cents by floats, a half up."""
    bars = np.genfromtxt(peers / "input_10k.csv", delimiter=",", skip_header=1, usecols=(2, 3))

    def pybroker_price(bar: int) -> float:
        high, low = bars[bar]
        return int((low + (high - low) / 2.0) * 100.0 + 0.5) / 100.0

    found = fills_of(trade(tmp_path, peers / "input_10k.csv", CROSS, NEXT_OPEN))

    expected = read_fills(OWN_FILLS / "pybroker_defaults.csv")
    assert [fill._replace(price=pybroker_price(fill.bar)) for fill in found] == expected
    proceeds = sum(fill.price * fill.quantity * (1 if fill.side == "SELL" else -1) for fill in expected)
    assert 100_000 + proceeds == pytest.approx(100_294.00, rel=0, abs=1e-6)


def test_ziplines_own_fills_are_daybreaks_partial_ones_too(peers: Path, tmp_path: Path) -> None:
    """By default: the next close, 5 bps worse; at most a tenth of a bar's volume, in whole shares; 0.001 a share."""
    execution = NEXT_CLOSE | {
        "shares": "whole",
        "slippage_bps": 5.0,
        "volume_cap": 0.1,
        "commission": {"bps": 0.0, "per_share": 0.001, "minimum": 0.0},
    }
    events = trade(tmp_path, peers / "input_10k.csv", CROSS, execution, shares=700.0)

    found = fills_of(events)
    assert (len(found), sum(fill.quantity < 700 for fill in found)) == (422, 50)
    assert_equal_fills(found, read_fills(OWN_FILLS / "zipline_defaults.csv"))
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["final_equity"] == pytest.approx(87_790.0818980, rel=0, abs=1e-6)

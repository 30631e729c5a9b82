"""The fills of other backtesters over the same 10,000 bars are Daybreak's, each under its own convention."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from orchestrator import Coordinator
from phase_worker.events.event import Event
from tests.fakes.market import FAKES, Workbench, payloads, trading_config

OWN_FILLS = Path(__file__).parents[1] / "data" / "peer_fills"
PLUGINS = (FAKES / "peer_averages.py",)
CROSS = {"name": "sma_cross", "params": {"fast": 10, "slow": 30}}

NEXT_OPEN = {"fill": "next_open"}
SAME_CLOSE = {"fill": "same_close"}
NEXT_CLOSE = {"fill": "next_close"}


def shares(quantity: float) -> dict[str, Any]:
    return {"sizing": "fixed_shares", "params": {"quantity": quantity}}


class Convention(NamedTuple):
    """What makes Daybreak trade as the peer did, and what the peer ended with."""

    execution: dict[str, Any]
    fills: int
    final_equity: float
    strategy: dict[str, Any] = CROSS
    risk: dict[str, Any] = shares(100.0)


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

# What the peers do where nothing is set: how much they buy, and at what price.
DEFAULTS = {
    "backtestingpy": Convention(NEXT_OPEN | {"shares": "whole"}, 396, 102_600.382, risk={}),
    "vectorbt": Convention(SAME_CLOSE, 396, 102_664.648824, risk={}),
    # 5 bps worse than the close, of a bar's volume a tenth at most: 50 of the fills are parts of 700 shares.
    "zipline": Convention(
        NEXT_CLOSE
        | {
            "shares": "whole",
            "slippage_bps": 5.0,
            "volume_cap": 0.1,
            "commission": {"bps": 0.0, "per_share": 0.001, "minimum": 0.0},
        },
        422,
        87_790.081898,
        risk=shares(700.0),
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


def trade(folder: Path, data: Path, convention: Convention) -> list[Event]:
    bench, (execution, _, _, strategy, risk) = Workbench(folder, PLUGINS), convention
    return bench.run("backtest", trading_config(bench.add_file(data), strategy, execution=execution, risk=risk))


def fills_of(events: list[Event]) -> list[PeerFill]:
    fills = payloads(events, "FILL")
    return [PeerFill(fill["bar"], fill["side"], fill["price"], fill["quantity"]) for fill in fills]


def assert_as_the_peer(events: list[Event], convention: Convention, expected: list[PeerFill]) -> None:
    """Fill by fill: bar and side, the price, and the shares, of which vectorbt's are fractions."""
    found = fills_of(events)
    assert len(found) == convention.fills
    assert [fill[:2] for fill in found] == [fill[:2] for fill in expected]
    assert [fill.price for fill in found] == pytest.approx([fill.price for fill in expected], rel=0, abs=1e-9)
    assert [fill.quantity for fill in found] == pytest.approx([fill.quantity for fill in expected], rel=1e-12)
    (metrics,) = payloads(events, "PORTFOLIO_METRICS")
    assert metrics["final_equity"] == pytest.approx(convention.final_equity, rel=0, abs=1e-6)


@pytest.mark.parametrize("peer", CONVENTIONS)
def test_every_fill_is_the_peers(peer: str, peers: Path, tmp_path: Path) -> None:
    events = trade(tmp_path, peers / "input_10k.csv", CONVENTIONS[peer])
    assert_as_the_peer(events, CONVENTIONS[peer], read_fills(peers / f"{peer}_fills.csv"))


@pytest.mark.parametrize("peer", DEFAULTS)
def test_every_fill_is_the_peers_under_its_own_defaults(peer: str, peers: Path, tmp_path: Path) -> None:
    events = trade(tmp_path, peers / "input_10k.csv", DEFAULTS[peer])
    assert_as_the_peer(events, DEFAULTS[peer], read_fills(OWN_FILLS / f"{peer}_defaults.csv"))


def test_a_job_says_a_peers_convention(peers: Path, tmp_path: Path) -> None:
    """The settings of all conventions here are those of a job, which leaves out what is as by default."""
    zipline = DEFAULTS["zipline"]
    job = {
        "workflow": "backtest",
        "strategy": CROSS,
        "data": {"file": str(peers / "input_10k.csv"), "symbol": "TEST"},
        "execution": zipline.execution | {"commission": {"per_share": 0.001}},
        "risk": zipline.risk,
        "statistics": False,
        "report": False,
    }

    result = Coordinator(tmp_path / "traces").execute_workflow(job)

    assert (result["summary"]["fills"], round(result["summary"]["final_equity"], 6)) == zipline[1:3]
    fills = result["results"]["phase_results"]["backtest"]["extracted_results"]["fills"]
    assert [(fill["bar"], fill["side"], fill["quantity"]) for fill in fills] == [
        (fill.bar, fill.side, fill.quantity) for fill in read_fills(OWN_FILLS / "zipline_defaults.csv")
    ]


def test_pybrokers_default_differs_by_the_price_alone(peers: Path, tmp_path: Path) -> None:
    """It is the middle of the bar's range, rounded to cents in floats, halves up."""
    bars = np.genfromtxt(peers / "input_10k.csv", delimiter=",", skip_header=1, usecols=(2, 3))

    def pybroker_price(bar: int) -> float:
        high, low = bars[bar]
        return int((low + (high - low) / 2.0) * 100.0 + 0.5) / 100.0

    found = fills_of(trade(tmp_path, peers / "input_10k.csv", CONVENTIONS["pybroker"]))

    expected = read_fills(OWN_FILLS / "pybroker_defaults.csv")
    assert [fill._replace(price=pybroker_price(fill.bar)) for fill in found] == expected
    proceeds = sum(fill.price * fill.quantity * (1 if fill.side == "SELL" else -1) for fill in expected)
    assert 100_000 + proceeds == pytest.approx(100_294.00, rel=0, abs=1e-6)


@pytest.mark.parametrize(("fill", "column"), [("next_open", "open"), ("same_close", "close"), ("next_close", "close")])
def test_a_fill_has_the_time_and_the_price_of_its_bar(fill: str, column: str, peers: Path, tmp_path: Path) -> None:
    with (peers / "input_10k.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    events = trade(tmp_path, peers / "input_10k.csv", CONVENTIONS[f"oracle_{fill}"])

    fills = [event for event in events if event.event_type == "FILL"]
    bars = [rows[event.payload["bar"]] for event in fills]
    assert [event.timestamp for event in fills] == [f"{bar['timestamp'].replace(' ', 'T')}Z" for bar in bars]
    assert [event.payload["price"] for event in fills] == [float(bar[column]) for bar in bars]

"""Sweeps and windows of other backtesters end with Daybreak's equity, trial by trial, under each one's averages."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.fakes.market import FAKES, Workbench, payloads, trace_of, trading_config

PLUGINS = (FAKES / "peer_averages.py",)
Trial = tuple[int, int]

TRIALS = [(fast, slow) for fast in range(5, 25) for slow in range(30, 70, 2)]
WINDOW_TRIALS = [(fast, slow) for fast in range(5, 15) for slow in range(30, 55, 5)]
TRAIN, TEST, BARS = 2000, 800, 10_000
TEST_STARTS = range(TRAIN, BARS - TEST + 1, TEST)


class Peer(NamedTuple):
    """How the peer's trials differ from Daybreak's."""

    average: str
    fill: str = "next_open"
    late: int = 0  # bars with all indicators at which nothing is decided
    bars: int = BARS


SWEEPS = {
    "backtrader": Peer("rounded_once"),
    "backtestingpy": Peer("compensated", late=1),
    "vectorbt": Peer("cumulative"),
    "vectorbt_rust": Peer("running"),
    "pybroker_loop": Peer("compensated"),
    "pybroker_optimize": Peer("compensated", bars=9990),  # its `train_size` of 0.999
    "zipline_sample20": Peer("pairwise"),
    "nautilus": Peer("oldest_first", "same_close"),
    "oracle_next_open": Peer("sma"),
    "oracle_same_close": Peer("sma", "same_close"),
}
WALKS = {
    name: SWEEPS[name] for name in SWEEPS if name not in ("pybroker_loop", "pybroker_optimize", "zipline_sample20")
}
WALKS["pybroker"] = SWEEPS["pybroker_loop"]


def read_rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def to_a_tenth_of_a_cent(expected: Any) -> Any:
    return pytest.approx(expected, rel=0, abs=1e-3)


def peers_equities(peers: Path, name: str) -> dict[Trial, float]:
    return {(int(row[0]), int(row[1])): float(row[2]) for row in read_rows(peers / f"w2_{name}.csv")}


def trials_with_ties(peers: Path, fill: str) -> set[Trial]:
    """Those whose two averages are equal at some bar, by whole numbers."""
    return {(int(row[0]), int(row[1])) for row in read_rows(peers / f"w2_oracle_{fill}.csv") if int(row[3])}


def strategy_of(peer: Peer) -> tuple[str, dict[str, Any]]:
    """Daybreak's own where the peer's averages and its first bar are the same; name and what all trials share."""
    if peer.average == "sma" and not peer.late:
        return "sma_cross", {}
    return "peer_cross", {"average": peer.average, "late": peer.late}


def config_of(data: Path, strategy: dict[str, Any], peer: Peer, **bars: int) -> dict[str, Any]:
    risk = {"sizing": "fixed_shares", "params": {"quantity": 100.0}}
    strategy = {"name": strategy_of(peer)[0]} | strategy
    return trading_config(data, strategy, bars=bars, execution={"fill": peer.fill}, risk=risk)


def sweep_config(data: Path, trials: list[Trial], peer: Peer, end: int) -> dict[str, Any]:
    _, shared_params = strategy_of(peer)
    params = [{"fast": fast, "slow": slow} | shared_params for fast, slow in trials]
    return config_of(data, {"trials": params}, peer, end=end)


def sweep(folder: Path, data: Path, trials: list[Trial], peer: Peer) -> dict[Trial, float]:
    """The final equity of each trial, as a parameter_sweep gives it."""
    bench = Workbench(folder, PLUGINS)
    events = bench.run("parameter_sweep", sweep_config(bench.add_file(data), trials, peer, peer.bars))
    return {
        (metrics["params"]["fast"], metrics["params"]["slow"]): metrics["final_equity"]
        for metrics in payloads(events, "PORTFOLIO_METRICS")
    }


@pytest.mark.parametrize("name", SWEEPS)
def test_every_trial_ends_with_the_peers_equity(name: str, peers: Path, tmp_path: Path) -> None:
    expected = peers_equities(peers, name)
    assert list(expected) == (TRIALS[::20] if name == "zipline_sample20" else TRIALS)

    found = sweep(tmp_path, peers / "input_10k.csv", list(expected), SWEEPS[name])

    assert found == to_a_tenth_of_a_cent(expected)


@pytest.mark.parametrize("name", SWEEPS)
def test_with_exact_averages_a_trial_differs_only_where_averages_tie(name: str, peers: Path, tmp_path: Path) -> None:
    peer, expected = SWEEPS[name], peers_equities(peers, name)

    found = sweep(tmp_path, peers / "input_10k.csv", list(expected), peer._replace(average="sma"))

    differing = {trial for trial in expected if found[trial] != to_a_tenth_of_a_cent(expected[trial])}
    assert differing <= trials_with_ties(peers, peer.fill)


def cut(peers: Path, folder: Path, first: int, end: int) -> Path:
    """A data file of the bars [first, end) alone: without those before, indicators start cold, as the peers' do."""
    header, *bars = (peers / "input_10k.csv").read_text().splitlines(keepends=True)
    path = folder / f"{first}-{end}.csv"
    path.write_text(header + "".join(bars[first:end]))
    return path


def walk_window(folder: Path, train: Path, test: Path, peer: Peer) -> tuple[int, int, float]:
    """The pair that did best in training, and what it makes of the test."""
    bench = Workbench(folder, PLUGINS)
    swept = bench.run("parameter_sweep", sweep_config(bench.add_file(train), WINDOW_TRIALS, peer, TRAIN))
    selected = bench.run("selection", {"objective": "final_equity"}, {"train": trace_of(swept)})
    config = config_of(bench.add_file(test), {"params_from": "select"}, peer, end=TEST)
    (metrics,) = payloads(bench.run("backtest", config, {"select": trace_of(selected)}), "PORTFOLIO_METRICS")
    return metrics["params"]["fast"], metrics["params"]["slow"], metrics["final_equity"]


@pytest.mark.parametrize("name", WALKS)
def test_every_window_chooses_and_ends_as_the_peers(name: str, peers: Path, tmp_path: Path) -> None:
    expected = [(int(fast), int(slow), float(equity)) for fast, slow, equity in read_rows(peers / f"w3_{name}.csv")]

    found = [
        walk_window(
            tmp_path,
            cut(peers, tmp_path, start - TRAIN, start),
            cut(peers, tmp_path, start, start + TEST),
            WALKS[name],
        )
        for start in TEST_STARTS
    ]

    assert [window[:2] for window in found] == [window[:2] for window in expected]
    equities = [window[2] for window in found]
    assert equities == to_a_tenth_of_a_cent([window[2] for window in expected])


@pytest.mark.parametrize("start", TEST_STARTS)
def test_daybreaks_warm_window_fills_as_a_cold_one_does_once_that_is_warm(
    start: int, peers: Path, tmp_path: Path
) -> None:
    """What a walk-forward of Daybreak trades differs from the peers' by the fills of a window's first `slow` bars."""
    bench, peer = Workbench(tmp_path, PLUGINS), SWEEPS["oracle_next_open"]
    fast, slow, _ = read_rows(peers / "w3_oracle_next_open.csv")[TEST_STARTS.index(start)]
    strategy = {"params": {"fast": int(fast), "slow": int(slow)}}
    whole = bench.add_file(peers / "input_10k.csv")
    window = bench.add_file(cut(peers, tmp_path, start, start + TEST))

    warm = bench.run("backtest", config_of(whole, strategy, peer, start=start, end=start + TEST))
    cold = bench.run("backtest", config_of(window, strategy, peer))

    fills = [(fill["bar"] - start, fill["side"], fill["price"]) for fill in payloads(warm, "FILL")]
    assert [fill for fill in fills if fill[0] > int(slow)] == [
        (fill["bar"], fill["side"], fill["price"]) for fill in payloads(cold, "FILL") if fill["bar"] > int(slow)
    ]
    assert all(fill["bar"] >= int(slow) for fill in payloads(cold, "FILL"))

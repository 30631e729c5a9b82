"""Bars are resampled in blocks that keep their shape, and the strategy trades what comes of them."""

from typing import Any

import numpy as np
import orjson
import pytest

from phase_worker.events.event import Event
from tests.fakes.market import FAKES, Workbench, payloads, random_walk, trading_config
from topologies.bar_bootstrap import resampled_bars, resampled_rows
from topologies.bars import COLUMNS

STRATEGY = {"name": "sma_cross", "params": {"fast": 2, "slow": 5}}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("bootstrap"), plugins=(FAKES / "scripted_strategies.py",))


def trade(bench: Workbench, first: int, end: int, **changes: Any) -> list[Event]:
    data = bench.add_data(random_walk(1, 80))
    drawn = {"paths": 9, "block": 5, "seed": 3, "first": first, "end": end} | changes
    return bench.run("bar_bootstrap", trading_config(data, STRATEGY) | {"monte_carlo": drawn})


def test_a_path_is_made_of_blocks_that_go_round_the_end() -> None:
    rows = resampled_rows(50, 7, seed=1, path=3)
    assert len(rows) == 50
    steps = np.diff(rows) % 50
    assert [bar for bar, step in enumerate(steps, start=1) if step != 1] == [7, 14, 21, 28, 35, 42, 49]
    assert 0 <= rows.min() < rows.max() < 50


def test_every_row_is_drawn_alike() -> None:
    counts = np.bincount(np.concatenate([resampled_rows(20, 3, seed=5, path=path) for path in range(4000)]))
    assert counts.sum() == 80_000
    assert counts.min() > 3700
    assert counts.max() < 4300


def test_bars_in_their_own_order_are_the_bars_themselves() -> None:
    bars = random_walk(2, 60)
    same = resampled_bars(bars, np.arange(59))
    for column in COLUMNS:
        assert getattr(same, column) == pytest.approx(getattr(bars, column), rel=1e-12)


def test_a_drawn_bar_keeps_its_ratios_to_the_close_before() -> None:
    bars = random_walk(2, 60)
    rows = resampled_rows(59, 4, seed=1, path=0)
    path = resampled_bars(bars, rows)
    for column in ("open", "high", "low", "close"):
        ratios = getattr(path, column)[1:] / path.close[:-1]
        assert ratios == pytest.approx((getattr(bars, column)[1:] / bars.close[:-1])[rows], rel=1e-12)
    assert np.array_equal(path.volume[1:], bars.volume[1:][rows])
    assert np.array_equal(path.time_ns, bars.time_ns)
    assert (path.close[0], path.open[0]) == (bars.close[0], bars.open[0])


def test_a_path_is_the_same_in_whichever_shard_it_is(bench: Workbench) -> None:
    whole = payloads(trade(bench, 0, 9), "PORTFOLIO_METRICS")
    shards = [found for bounds in ((0, 4), (4, 9)) for found in payloads(trade(bench, *bounds), "PORTFOLIO_METRICS")]
    assert orjson.dumps(whole) == orjson.dumps(shards)
    assert [found["path"] for found in whole] == list(range(9))
    assert len({found["final_equity"] for found in whole}) > 5


def test_another_seed_draws_other_paths(bench: Workbench) -> None:
    one, other = (payloads(trade(bench, 0, 3, seed=seed), "PORTFOLIO_METRICS") for seed in (1, 2))
    assert [found["final_equity"] for found in one] != [found["final_equity"] for found in other]

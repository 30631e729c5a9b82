"""The page of a run tells what its traces say, of whatever workflow, and escapes all of it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from phase_worker.contract.paths import RunPaths
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import Workbench, payloads, random_walk, registry_with, trace_of, trading_config
from topologies.pages.charts import library
from topologies.pages.phase_times import _lanes
from topologies.pages.run_traces import read_traces
from topologies.pages.wording import written
from topologies.report import report

EVIL = "</script><script>alert(1)</script>"
CROSS = {"name": "sma_cross"}
TRIALS = [{"fast": fast, "slow": slow} for fast in (2, 5) for slow in (10, 20)]


class Bench:
    """Runs phases one after the other, each over the traces of those that it names."""

    def __init__(self, folder: Path, symbol: str = "TEST") -> None:
        self.bench = Workbench(folder)
        self.data = self.bench.add_data(random_walk(7, 400))
        self.symbol = symbol
        self.traces: dict[str, TraceQuery] = {}
        self.run("data", "market_data", {"bars": self.config({})["bars"], "trace": {"level": "full"}})

    def config(self, strategy: dict[str, Any], start: int = 0, end: int = 400) -> dict[str, Any]:
        bars = {"start": start, "end": end, "symbol": self.symbol}
        return trading_config(self.data, CROSS | strategy, bars=bars)

    def run(self, phase: str, topology: str, config: dict[str, Any], *inputs: str) -> None:
        events = self.bench.run(topology, config, {name: self.traces[name] for name in inputs})
        opening = {"topology": topology, "config": config, "request_digest": "d1" * 32, "engine_version": 1}
        opening |= {"inputs": dict.fromkeys(inputs, "d1"), "plugins": []}
        self.traces[phase] = trace_of([Event("TRACE_OPEN", None, "phase_worker", opening), *events], phase)

    def split(self) -> None:
        """Train on the first 300 bars, test on the others."""
        self.run("train", "parameter_sweep", self.config({"trials": TRIALS}, 0, 300))
        self.run("select", "selection", {"objective": "sharpe_ratio", "trace": {"level": "full"}}, "train")
        self.run("test", "backtest", self.config({"params_from": "select"}, 300, 400), "select")

    def report(self, result: str) -> tuple[str, dict[str, Any]]:
        """The page, and what the phase publishes."""
        config = {"workflow": "custom", "objective": "sharpe_ratio", "result": result}
        paths = RunPaths(self.bench.folder, "run")
        paths.run_dir.mkdir(exist_ok=True)
        paths.page_script("any").parent.mkdir(parents=True, exist_ok=True)
        events: list[Event] = []
        bus = EventBus()
        bus.subscribe("REPORT", events.append)
        report(PhaseContext(config, bus, registry_with(), self.traces, self.bench.sources, paths))
        bus.shutdown()
        (published,) = payloads(events, "REPORT")
        return paths.report.read_text(), published


def specs(page: str) -> dict[str, dict[str, Any]]:
    """The charts' specs by name."""
    blocks = re.findall(r'<script type="application/json" id="([^"]*)">(.*?)</script>', page, re.DOTALL)
    return {name: orjson.loads(text) for name, text in blocks}


@pytest.fixture
def split(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.split()
    return bench


def test_the_page_of_a_split_tells_in_sample_from_out_of_sample(split: Bench) -> None:
    page, published = split.report("test")
    assert published["sections"] == [
        "result",
        "equity",
        "windows",
        "parameters",
        "trades",
        "statistics",
        "data",
        "phases",
        "provenance",
    ]
    assert published["windows"] == 1
    assert "Out of sample: " in page
    assert "Strategy, out of sample" in page
    (window,) = read_traces(split.traces, "test").windows
    assert (window["train"], window["test"]) == ([0, 300], [300, 400])
    assert written("sharpe_ratio", window["in_sample"]["sharpe_ratio"]) in page


def test_the_best_of_a_sweep_on_its_own_bars_is_called_in_sample(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run("sweep", "parameter_sweep", bench.config({"trials": TRIALS}))
    bench.run("select", "selection", {"objective": "sharpe_ratio", "trace": {"level": "full"}}, "sweep")
    bench.run("best", "backtest", bench.config({"params_from": "select"}), "select")
    page, published = bench.report("best")
    assert published["windows"] == 0
    assert "which is no forecast" in page
    assert "out of sample" not in page


def test_trades_that_an_exit_closed_are_told_from_the_strategys(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    config = bench.config({"params": TRIALS[0]})
    bench.run("test", "backtest", config | {"risk": config["risk"] | {"stop_loss": 0.01}})
    page, _ = bench.report("test")
    closed = [event.payload["reason"] for event in bench.traces["test"].filter_events(event_type="POSITION_CLOSE")]
    for reason, name in ((None, "strategy"), ("stop_loss", "stop loss")):
        assert re.search(rf'<th scope="row">{name}</th>\s*<td class="num">{closed.count(reason)}</td>', page)
    assert closed.count("stop_loss") > closed.count(None) > 0


def test_a_phase_without_figures_has_a_page_that_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    page, published = bench.report("data")
    assert "The phase data published no figures." in page
    assert "equity" not in published["sections"]


def test_every_chart_has_a_picture_with_a_name_and_its_data(split: Bench) -> None:
    page, _ = split.report("test")
    charts = specs(page)
    assert {"equity-chart", "drawdown-chart", "parameters-chart", "trades-chart"} <= set(charts)
    pictures = re.findall(r'<svg[^>]* role="img"><title>([^<]+)</title><desc>([^<]+)</desc>', page)
    assert len(pictures) == len(charts) == page.count('class="chart"')
    assert "NaN" not in orjson.dumps(charts).decode()


def test_the_drawdown_is_that_of_the_metrics_though_fewer_bars_are_drawn(split: Bench) -> None:
    page, _ = split.report("test")
    drawn = [value["drawdown"] for value in specs(page)["drawdown-chart"]["data"]["values"]]
    assert min(drawn) == pytest.approx(read_traces(split.traces, "test").metrics["max_drawdown"], abs=1e-5)


def test_nothing_in_a_trace_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    bench = Bench(tmp_path, symbol=EVIL)
    bench.split()
    page, _ = bench.report("test")
    own = page.count("<script>")
    assert own == 2
    assert "alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_statistics_of_another_phase_are_shown_also_those_that_nobody_knows(split: Bench) -> None:
    figures = {"deflated_sharpe": 0.25, "years": [{"year": 2020, "total_return": 0.5}]}
    opening = {"topology": "statistics", "config": {}, "request_digest": "d1", "inputs": {}, "plugins": []}
    events = [Event("TRACE_OPEN", None, "x", opening), Event("STATISTICS", None, "statistics", figures)]
    split.traces["statistics"] = trace_of(events, "statistics")
    page, _ = split.report("test")
    assert '<th scope="row">deflated sharpe</th><td class="brief">0.25</td>' in page
    assert '<th scope="row">2020</th><td class="num">50.00%</td>' in page


def test_how_figures_are_spread_is_a_table_of_each_kind(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    trading = bench.config({"params": {"fast": 2, "slow": 5}})
    drawn = trading | {"monte_carlo": {"paths": 7, "block": 5, "seed": 1, "first": 0, "end": 7}}
    bench.run("backtest", "backtest", trading)
    bench.run("bars", "bar_bootstrap", drawn)
    bench.run("trades", "trade_bootstrap", drawn | {"backtest": "backtest"}, "backtest")
    sources = {"bars_phases": ["bars"], "trades_phase": "trades", "backtest": "backtest"}
    bench.run("distribution", "monte_carlo_distribution", trading | sources, "backtest", "bars", "trades")
    page, _ = bench.report("distribution")
    assert "Spread over 7 resamples of the bars" in page
    assert "Spread over 7 resamples of the trades" in page
    equity = sorted(
        event.payload["final_equity"] for event in bench.traces["bars"].filter_events(event_type="PORTFOLIO_METRICS")
    )
    assert f'<td class="num">{equity[3]:,.2f}</td>' in page


def test_two_reports_of_one_run_say_the_same(split: Bench) -> None:
    (page, published), (again, published_again) = split.report("test"), split.report("test")
    assert published == published_again
    assert specs(page) == specs(again)


def test_a_library_that_cannot_be_kept_is_made_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    script = library(tmp_path / "file" / "library.js")
    assert "vegaEmbed" in script
    assert "</script" not in script


def test_a_library_that_was_kept_is_taken(tmp_path: Path) -> None:
    (tmp_path / "library.js").write_text("kept")
    assert library(tmp_path / "library.js") == "kept"


def test_phases_that_ran_side_by_side_lie_in_different_lanes() -> None:
    assert _lanes([0.0, 1.0, 2.0, 5.0], [4.0, 2.0, 6.0, 7.0]) == [1, 2, 2, 1]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_return", -0.1234, "-12.34%"),
        ("final_equity", 1234567.891, "1,234,567.89"),
        ("trades", 1234, "1,234"),
        ("sharpe_ratio", None, "undefined"),
        ("max_drawdown_at", "2020-01-03T00:00:00Z", "2020-01-03"),
        ("unheard_of", np.pi, "3.142"),
    ],
)
def test_a_figure_is_written_as_what_it_is(name: str, value: Any, text: str) -> None:
    assert written(name, value) == text

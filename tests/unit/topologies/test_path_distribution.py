"""The distribution of paths: how their figures are spread, and all of the path in the middle."""

from pathlib import Path

import pytest

from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import Workbench, payloads, trace_of

WHEN = "2020-01-05T00:00:00Z"


def path(sharpe: float | None) -> TraceQuery:
    figures = {"sharpe_ratio": sharpe, "total_return": 0.1, "max_drawdown": -0.1, "final_equity": 1100.0, "trials": 4}
    return trace_of(
        [
            Event("WINDOW", WHEN, "out_of_sample", {"window": 1}),
            Event("EQUITY_CURVE", WHEN, "out_of_sample", {"timestamp": [WHEN], "equity": [1000.0, sharpe]}),
            Event("PORTFOLIO_METRICS", WHEN, "out_of_sample", figures),
        ]
    )


def distributed(folder: Path, *sharpes: float | None) -> list[Event]:
    inputs = {f"path-{number}": path(sharpe) for number, sharpe in enumerate(sharpes, start=1)}
    config = {"paths": list(inputs), "splits": 15, "trials": 60}
    return Workbench(folder).run("path_distribution", config, inputs)


def test_each_figure_is_spread_over_the_paths(tmp_path: Path) -> None:
    spreads = {found["figure"]: found for found in payloads(distributed(tmp_path, 0.4, 0.1, 0.3), "DISTRIBUTION")}
    assert list(spreads) == ["sharpe_ratio", "total_return", "max_drawdown", "final_equity"]
    sharpe = spreads["sharpe_ratio"]
    assert (sharpe["of"], sharpe["count"], sharpe["undefined"]) == ("paths", 3, 0)
    assert (sharpe["minimum"], sharpe["median"], sharpe["maximum"]) == (0.1, 0.3, 0.4)
    assert sharpe["mean"] == pytest.approx(0.8 / 3)


@pytest.mark.parametrize(
    ("sharpes", "median"),
    [
        pytest.param((0.4, 0.1, 0.3), "path-3", id="odd"),
        pytest.param((0.4, 0.1, 0.3, 0.2), "path-4", id="even-the-lower"),
        pytest.param((0.4, None, 0.3), "path-3", id="undefined-is-lowest"),
    ],
)
def test_the_result_is_the_median_path(tmp_path: Path, sharpes: tuple[float | None, ...], median: str) -> None:
    events = distributed(tmp_path, *sharpes)
    [metrics], [curve] = payloads(events, "PORTFOLIO_METRICS"), payloads(events, "EQUITY_CURVE")
    assert metrics["path"] == median
    assert metrics["sharpe_ratio"] == curve["equity"][1] == sharpes[int(median[-1]) - 1]
    assert (metrics["paths"], metrics["splits"], metrics["trials"]) == (len(sharpes), 15, 60)
    assert payloads(events, "WINDOW") == [{"window": 1}]

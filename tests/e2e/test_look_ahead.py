"""No decision, no choice of parameters and no fill knows what comes later: other bars later change nothing before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phase_worker import TraceQuery
from tests.fakes.command_line import FinishedRun, phases_of, run_json
from tests.fakes.scripted_jobs import write_walk_forward

TRAIN, TEST = 250, 60
CHANGED_FROM = TRAIN + TEST // 2  # in the middle of the first test window


def change_bars(file: Path, first: int, factor: float) -> None:
    """Multiply all prices from bar `first` on."""
    header, *rows = file.read_text().splitlines()
    later = []
    for row in rows[first:]:
        time, *prices, volume, _ = row.split(",")
        changed = [f"{float(price) * factor:.4f}" for price in prices]
        later.append(",".join([time, *changed, volume, changed[-1]]))
    file.write_text("\n".join([header, *rows[:first], *later]) + "\n")


@pytest.fixture(scope="module", params=[3.0, 1 / 3], ids=["up", "down"])
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same walk-forward on data that leaps in the middle of the first test window.

    Whoever knew would be in before it leaps up and out before it leaps down, so that one of the two must show it.
    """
    folder = tmp_path_factory.mktemp("changed")
    job = write_walk_forward(folder)
    change_bars(folder / "SPY.csv", CHANGED_FROM, request.param)
    return run_json(folder, job)


def decided(result: dict[str, Any], phase: str, before: str) -> list[tuple[str, dict[str, Any]]]:
    """What a phase published of the time up to `before`, without where it came from."""
    events = TraceQuery(Path(phases_of(result)[phase]["trace"])).filter_events()
    return [
        (event.event_type, event.payload)
        for event in events
        if event.event_type != "TRACE_OPEN" and event.timestamp is not None and event.timestamp < before
    ]


WAITING: dict[str, Any] = {
    "execution": {
        "order": {"type": "limit", "limit_bps": 20, "valid_bars": 5},
        "volume_cap": 0.1,
        "slippage_bps": 2,
        "slippage_cap": "bar_range",
        "at_end": "close",
    },
    "risk": {"stop_loss": 0.02, "take_profit": 0.04, "trailing_stop": 0.03, "max_bars": 9},
}


def test_orders_that_wait_and_exits_do_not_depend_on_what_comes_later(tmp_path: Path) -> None:
    results = {}
    for factor in (1.0, 3.0):
        folder = tmp_path / f"times {factor:.0f}"
        folder.mkdir()
        job = write_walk_forward(folder, **WAITING)
        change_bars(folder / "SPY.csv", CHANGED_FROM, factor)
        results[factor] = run_json(folder, job)
    before = day(tmp_path / "times 1", CHANGED_FROM)
    events = decided(results[1.0], "test-01", before)
    assert events == decided(results[3.0], "test-01", before)
    assert decided(results[1.0], "test-02", "9999") != decided(results[3.0], "test-02", "9999")
    assert decided(results[1.0], "select-01", "9999") == decided(results[3.0], "select-01", "9999")
    assert any(payload.get("reason") for kind, payload in events if kind == "FILL")
    (metrics,) = phases_of(results[1.0])["test-01"]["extracted_results"]["portfolio_metrics"]
    assert metrics["at_end"] == "close"


def day(folder: Path, bar: int) -> str:
    return (folder / "SPY.csv").read_text().splitlines()[1 + bar].split(",")[0] + "T00:00:00Z"


def test_training_and_selection_do_not_see_the_test_window(walk_forward: FinishedRun, changed: dict[str, Any]) -> None:
    for phase in ("train-01", "select-01"):
        events = decided(walk_forward.result, phase, "9999")
        assert events == decided(changed, phase, "9999")
        assert events
    assert decided(walk_forward.result, "train-02", "9999") != decided(changed, "train-02", "9999")


def test_what_is_decided_and_filled_before_does_not_depend_on_what_comes_later(
    walk_forward: FinishedRun, changed: dict[str, Any]
) -> None:
    before = day(walk_forward.folder, CHANGED_FROM)
    events = decided(walk_forward.result, "test-01", before)
    assert [payload for kind, payload in events if kind == "FILL"], "there is something to compare"
    assert events == decided(changed, "test-01", before)
    assert decided(walk_forward.result, "test-01", "9999") != decided(changed, "test-01", "9999")


def fill_delays(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Of each fill in a test window: the times of its signal and of itself."""
    for name, entry in phases_of(result).items():
        if name.startswith("test-"):
            for path in TraceQuery(Path(entry["trace"])).get_signal_to_fill_paths():
                assert [event.event_type for event in path] == ["SIGNAL", "RISK_DECISION", "ORDER", "FILL"]
                yield str(path[0].timestamp), str(path[-1].timestamp)


def test_a_fill_comes_after_its_decision(walk_forward: FinishedRun) -> None:
    delays = list(fill_delays(walk_forward.result))
    assert len(delays) == walk_forward.result["summary"]["fills"]
    assert all(decided < filled for decided, filled in delays)
    assert walk_forward.result["summary"]["fill"] == "next_open"


def test_a_fill_at_the_deciding_close_is_shown_in_every_result(tmp_path: Path) -> None:
    result = run_json(tmp_path, write_walk_forward(tmp_path, windows=1, execution={"fill": "same_close"}))
    delays = list(fill_delays(result))
    assert delays
    assert all(decided == filled for decided, filled in delays)
    shown = [
        metrics["fill"]
        for entry in phases_of(result).values()
        for metrics in entry["extracted_results"].get("portfolio_metrics", [])
    ]
    assert set(shown) == {"same_close"}
    assert result["summary"]["fill"] == "same_close"

"""The out-of-sample phase: chains the test windows of a walk-forward into one curve with its metrics."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from phase_worker.tracing.query import TraceQuery
from topologies.account_setup import RESULT_LABELS
from topologies.bars import FloatArray, IntArray
from topologies.components.metrics.joining import join_activity, join_curves
from topologies.components.metrics.performance import returns_metrics

_REPORTED = ("start_cash", "final_equity", "total_return", "cagr", "sharpe_ratio", "max_drawdown", "fills", "exposure")


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window: where it lies, what was selected in training, and how that did in the test."""

    bounds: dict[str, Any]
    selection: dict[str, Any]
    metrics: dict[str, Any]
    timestamps: list[str]
    equity: FloatArray


@topology(name="out_of_sample")
def out_of_sample(context: PhaseContext) -> None:
    """Publish a WINDOW per window of `config.windows`, the chained EQUITY_CURVE, and its PORTFOLIO_METRICS.

    Each window traded a fresh account; their returns are compounded. Walk-forward efficiency (Pardo): the mean
    annualised return of the test windows by that of the train windows.
    """
    config = context.config
    windows = [_read_window(context, bounds) for bounds in config["windows"]]
    if not windows:
        raise ConfigError("windows is empty: there is nothing to chain")
    for number, window in enumerate(windows, start=1):
        context.publish("WINDOW", window.timestamps[-1], "out_of_sample", _window_payload(number, window))
    cash = config["execution"]["cash"]
    returns, equity = join_curves([(window.equity, window.metrics["start_cash"]) for window in windows], cash)
    timestamps = [timestamp for window in windows for timestamp in window.timestamps]
    curve = {"symbol": config["bars"]["symbol"], "timestamp": timestamps, "equity": equity}
    context.publish("EQUITY_CURVE", timestamps[-1], "out_of_sample", curve)
    metrics = returns_metrics(returns, equity, _to_time_ns(timestamps), cash, config["periods_per_year"])
    labels = {name: windows[0].metrics[name] for name in RESULT_LABELS if name in windows[0].metrics}
    payload = labels | _walk_forward_metrics(windows) | metrics
    context.publish("PORTFOLIO_METRICS", timestamps[-1], "out_of_sample", payload)


def _read_window(context: PhaseContext, bounds: dict[str, Any]) -> WindowResult:
    selection = _only(context.inputs[bounds["select_phase"]], "SELECTION")
    test = context.inputs[bounds["test_phase"]]
    curve = _only(test, "EQUITY_CURVE")
    return WindowResult(
        bounds=bounds,
        selection=selection,
        metrics=_only(test, "PORTFOLIO_METRICS"),
        timestamps=curve["timestamp"],
        equity=np.array(curve["equity"]),
    )


def _only(trace: TraceQuery, event_type: str) -> dict[str, Any]:
    events = list(trace.filter_events(event_type=event_type))
    if len(events) != 1:
        raise ConfigError(f"expected one {event_type} in {trace}, found {len(events)}")
    return events[0].payload


def _window_payload(number: int, window: WindowResult) -> dict[str, Any]:
    chosen = window.selection
    return {
        "window": number,
        "train": window.bounds["train"],
        "test": window.bounds["test"],
        "test_first": window.timestamps[0],
        "test_last": window.timestamps[-1],
        "params": chosen["params"],
        "trials": chosen["trials"],
        "in_sample": {name: chosen["metrics"][name] for name in _REPORTED},
        "out_of_sample": {name: window.metrics[name] for name in _REPORTED},
    }


def _walk_forward_metrics(windows: list[WindowResult]) -> dict[str, Any]:
    tests = [window.metrics for window in windows]
    return {
        "windows": len(windows),
        "out_of_sample_bars": sum(test["bars"] for test in tests),
        "trials": sum(window.selection["trials"] for window in windows),
        "walk_forward_efficiency": _efficiency(windows),
    } | join_activity(tests)


def _efficiency(windows: list[WindowResult]) -> float | None:
    test = [window.metrics["cagr"] for window in windows]
    train = [window.selection["metrics"]["cagr"] for window in windows]
    if None in test or None in train or not sum(train):
        return None
    return float(np.mean(test) / np.mean(train))


def _to_time_ns(timestamps: list[str]) -> IntArray:
    times = np.array([timestamp.removesuffix("Z") for timestamp in timestamps], dtype="datetime64[ns]")
    return times.view(np.int64)

"""The section of equity and drawdown: what the account was worth, bar by bar."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from phase_worker.contract.errors import DataError
from phase_worker.contract.html_page import Markup, element, joined
from phase_worker.topology_builder import PhaseContext
from topologies.bars import FloatArray, IntArray
from topologies.market import load_bars
from topologies.pages.charts import Chart, Spec, drawn
from topologies.pages.downsampling import telling_points
from topologies.pages.run_traces import RunTraces

_BUCKETS = 300
_MOST_BANDS = 60
_DATE = {"calculate": "utcFormat(datum.t, '%Y-%m-%d %H:%M')", "as": "time"}


@dataclass(frozen=True, slots=True)
class Curve:
    """The account at each close: `time_ms` since 1970 UTC, `equity`, `drawdown` (0 or less), all of shape (n,).

    `held` is what the same cash were worth in the symbol from the first bar's open on, None where that is not known.
    """

    time_ms: IntArray
    equity: FloatArray
    drawdown: FloatArray
    held: FloatArray | None


def equity_section(context: PhaseContext, traces: RunTraces) -> Markup | None:
    """The curve and its drawdown; None where the result has none."""
    payload = traces.result.last("EQUITY_CURVE")
    if not payload:
        return None
    curve = _curve(context, traces, payload)
    shown = telling_points([curve.equity, curve.drawdown, *([] if curve.held is None else [curve.held])], _BUCKETS)
    fewer = f" Drawn are {len(shown):,} of {len(curve.equity):,} bars, among them every high and low."
    note = _sample_note(traces) + (fewer if len(shown) < len(curve.equity) else "")
    note += " Drag to move, hold Shift and scroll to zoom, double-click to go back."
    values = _values(curve, shown)
    charts = [drawn(_equity_chart(values, traces, curve)), drawn(_drawdown_chart(values, traces, curve))]
    return joined([element("p", note, class_="note"), *charts])


def _curve(context: PhaseContext, traces: RunTraces, payload: dict[str, Any]) -> Curve:
    equity = np.array(payload["equity"], dtype=np.float64)
    cash = float(traces.metrics.get("start_cash", equity[0]))
    peaks = np.maximum(np.maximum.accumulate(equity), cash)
    times = np.array([time.removesuffix("Z") for time in payload["timestamp"]], dtype="datetime64[ms]")
    time_ms = times.view(np.int64)
    return Curve(time_ms, equity, equity / peaks - 1.0, _held(context, traces, time_ms, cash))


def _held(context: PhaseContext, traces: RunTraces, time_ms: IntArray, cash: float) -> FloatArray | None:
    """The symbol itself, where the curve has each bar of its data from its start to its end, and no others."""
    spec = traces.result.config.get("bars")
    if not spec or spec.get("end", 0) - spec.get("start", 0) != len(time_ms):
        return None
    try:
        bars = load_bars(context, spec)
    except DataError:  # a page that is written again later, elsewhere
        return None
    if not np.array_equal(bars.time_ns[spec["start"] :] // 1_000_000, time_ms):
        return None
    held: FloatArray = cash * bars.close[spec["start"] :] / bars.open[spec["start"]]
    return held


def _sample_note(traces: RunTraces) -> str:
    windows = traces.windows
    if len(windows) > 1:
        return (
            f"Out of sample throughout: {len(windows)} test windows, one after the other, each traded with parameters "
            "chosen on bars before it. Their in-sample figures are under Windows."
        )
    if windows:
        return "Out of sample: the parameters were chosen on earlier bars, whose figures are under Windows."
    if traces.chosen_in_sample:
        return "In sample: the parameters were chosen on these very bars, so the curve is no forecast."
    return "Nothing was chosen on these bars by this run: the parameters are those of the job."


def _values(curve: Curve, shown: IntArray) -> list[dict[str, Any]]:
    columns = {
        "t": curve.time_ms[shown].tolist(),
        "equity": curve.equity[shown].round(2).tolist(),
        "drawdown": curve.drawdown[shown].round(5).tolist(),
    }
    if curve.held is not None:
        columns["held"] = curve.held[shown].round(2).tolist()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _equity_chart(values: list[dict[str, Any]], traces: RunTraces, curve: Curve) -> Chart:
    name = "Strategy, in sample" if traces.chosen_in_sample else "Strategy"
    name = "Strategy, out of sample" if traces.windows else name
    series = {"equity": name}
    if curve.held is not None:
        series["held"] = f"{traces.data.last('DATA')['symbol']} itself, bought at the first open"
    folded = [
        {"fold": list(series), "as": ["key", "value"]},
        {"calculate": " : ".join([*(f"datum.key === '{key}' ? {key}_name" for key in series), "''"]), "as": "series"},
        _DATE,
    ]
    line = {
        "transform": folded,
        "mark": {"type": "line", "strokeWidth": 1.4},
        "encoding": {
            "x": _TIME,
            "y": {"field": "value", "type": "quantitative", "title": "Equity", "scale": {"zero": False}},
            "color": {
                "field": "series",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(series.values()), "range": ["var(--accent)", "var(--muted)"][: len(series)]},
                "legend": {"labelLimit": 0, "columns": 1},
            },
            "tooltip": [
                {"field": "time", "type": "nominal", "title": "Time (UTC)"},
                {"field": "series", "type": "nominal", "title": " "},
                {"field": "value", "type": "quantitative", "format": ",.2f", "title": "Equity"},
            ],
        },
        "params": [_ZOOM],
    }
    spec: Spec = {
        "params": [{"name": f"{key}_name", "value": text} for key, text in series.items()],
        "data": {"values": values},
        "layer": [*_bands(traces), line],
    }
    ends = f"From {curve.equity[0]:,.2f} to {curve.equity[-1]:,.2f}, between {curve.equity.min():,.2f}"
    tells = f"{ends} and {curve.equity.max():,.2f}.{_bands_note(traces)}"
    return Chart("equity-chart", "Equity at each close", tells, spec, height=320)


def _drawdown_chart(values: list[dict[str, Any]], traces: RunTraces, curve: Curve) -> Chart:
    area = {
        "transform": [_DATE],
        "mark": {"type": "area", "line": {"color": "var(--bad)", "strokeWidth": 1}, "color": "var(--bad)"},
        "encoding": {
            "x": _TIME,
            "y": {"field": "drawdown", "type": "quantitative", "title": "Drawdown", "axis": {"format": "%"}},
            "fillOpacity": {"value": 0.25},
            "tooltip": [
                {"field": "time", "type": "nominal", "title": "Time (UTC)"},
                {"field": "drawdown", "type": "quantitative", "format": ".2%", "title": "Drawdown"},
            ],
        },
        "params": [_ZOOM],
    }
    under = float((curve.drawdown < 0.0).mean())
    tells = f"At most {curve.drawdown.min():.2%} below the highest equity before; below it on {under:.0%} of all bars."
    spec: Spec = {"data": {"values": values}, "layer": [*_bands(traces), area]}
    return Chart("drawdown-chart", "Drawdown", tells, spec, height=160)


_TIME = {
    "field": "t",
    "type": "temporal",
    "title": None,
    "scale": {"type": "utc"},
    "axis": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 10},
}
_ZOOM = {
    "name": "zoom",
    "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]"},
    "bind": "scales",
}


def _bands(traces: RunTraces) -> list[Spec]:
    """Every second test window, so that one sees where they meet."""
    windows = traces.windows
    if not 1 < len(windows) <= _MOST_BANDS:
        return []
    starts = [window["test_first"] for window in windows] + [windows[-1]["test_last"]]
    values = [
        {"from": _ms(first), "to": _ms(end)} for number, (first, end) in enumerate(pairwise(starts)) if number % 2
    ]
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "color": "var(--band)", "tooltip": None},
            "encoding": {"x": _TIME | {"field": "from"}, "x2": {"field": "to"}},
        }
    ]


def _ms(timestamp: str) -> int:
    return int(np.datetime64(timestamp.removesuffix("Z"), "ms").astype(np.int64))


def _bands_note(traces: RunTraces) -> str:
    return " Every second test window is shaded." if _bands(traces) else ""

"""The page of a comparison: the runs' figures in a table, and their curves in one chart each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from phase_worker.contract.files import write_atomically
from phase_worker.contract.html_page import Markup, element, joined, page, table
from phase_worker.topology_builder import PhaseContext
from phase_worker.tracing.query import TraceQuery
from topologies.bars import FloatArray, IntArray
from topologies.pages.charts import STARTER, Chart, Spec, drawn, library, library_version
from topologies.pages.downsampling import telling_points

_MOST_CURVES = 16  # a chart of more is a thicket
_POINTS = 4000  # of all curves together, about
# Told apart on white and on black; a second round of them is dashed.
_COLOURS = ("#3f87d0", "#dd7422", "#2f9e6b", "#c04f93", "#8a6ad0", "#a88f00", "#d04848", "#1f9db0")


@dataclass(frozen=True, slots=True)
class RunCurve:
    """A run's account: `time_ms` since 1970 UTC, `growth` of 1, `drawdown` (0 or less), all of shape (n,)."""

    name: str
    time_ms: IntArray
    growth: FloatArray
    drawdown: FloatArray


def write_comparison(context: PhaseContext) -> dict[str, Any]:
    """Write the page; returns what is on it."""
    config, paths = context.config, context.paths
    found = [_curve(name, context.inputs[phase]) for phase, name in config["runs"].items()]
    curves = [curve for curve in found if curve is not None]
    sections = [("figures", "Figures", _figures(config))]
    if curves:
        sections += [
            ("equity", "Equity", _equity(curves[:_MOST_CURVES], len(found))),
            ("drawdown", "Drawdown", _drawdown(curves[:_MOST_CURVES])),
        ]
    scripts = [library(paths.page_script(library_version())), STARTER] if curves else []
    heading = "What differs in their jobs, their figures, and their accounts bar by bar"
    content = page(f"Comparison of {config['compared']} runs", heading, sections, scripts=scripts)
    write_atomically(paths.report, content)
    return {"runs": list(config["runs"].values()), "curves": len(curves)}


def _curve(name: str, trace: TraceQuery) -> RunCurve | None:
    """None where the trace has no curve, as at the trace level `metrics`."""
    curves = list(trace.filter_events(event_type="EQUITY_CURVE"))
    metrics = list(trace.filter_events(event_type="PORTFOLIO_METRICS"))
    if not curves or not metrics:
        return None
    equity = np.array(curves[-1].payload["equity"], dtype=np.float64)
    cash = float(metrics[-1].payload["start_cash"])
    peaks = np.maximum(np.maximum.accumulate(equity), cash)
    times = np.array([time.removesuffix("Z") for time in curves[-1].payload["timestamp"]], dtype="datetime64[ms]")
    return RunCurve(name, times.view(np.int64), equity / cash, equity / peaks - 1.0)


def _figures(config: Any) -> Markup:
    """The table, over it what speaks against reading it across, below what failed."""
    cautions = [element("p", caution, class_="warn") for caution in config["cautions"]]
    header, *rows = config["rows"]
    lines = [element("li", failure, class_="bad") for failure in config["failures"]]
    failed = element("ul", *lines) if lines else ""
    return joined([*cautions, table(header, rows, caption="The runs side by side", left=config["left"]), failed])


def _equity(curves: list[RunCurve], runs: int) -> Markup:
    values = _values(curves, "growth")
    ends = "; ".join(f"{curve.name} ends at {curve.growth[-1]:.3f}" for curve in curves)
    fewer = f" {runs - len(curves)} runs are not drawn." if runs > len(curves) else ""
    note = element("p", f"Each account at each close, by its cash at the start.{fewer}", class_="note")
    spec = _lines(curves, values, {"title": "Equity by start cash", "format": ".2f", "zero": False})
    return joined([note, drawn(Chart("equity-chart", "Growth of 1", f"{ends}.", spec, height=360))])


def _drawdown(curves: list[RunCurve]) -> Markup:
    values = _values(curves, "drawdown")
    lows = "; ".join(f"{curve.name} {curve.drawdown.min():.1%}" for curve in curves)
    spec = _lines(curves, values, {"title": "Drawdown", "format": ".0%", "zero": True})
    return drawn(Chart("drawdown-chart", "Drawdown", f"At most below the highest equity before: {lows}.", spec))


def _values(curves: list[RunCurve], field: str) -> list[dict[str, Any]]:
    values = []
    for curve in curves:
        column: FloatArray = getattr(curve, field)
        shown = telling_points([column], max(50, _POINTS // (2 * len(curves))))
        values += [
            {"t": time, "run": curve.name, "value": value}
            for time, value in zip(curve.time_ms[shown].tolist(), column[shown].round(5).tolist(), strict=True)
        ]
    return values


def _lines(curves: list[RunCurve], values: list[dict[str, Any]], axis: dict[str, Any]) -> Spec:
    names = [curve.name for curve in curves]
    colours = [_COLOURS[place % len(_COLOURS)] for place in range(len(names))]
    dashes = [[1, 0] if place < len(_COLOURS) else [5, 3] for place in range(len(names))]
    return {
        "data": {"values": values},
        "transform": [{"calculate": "utcFormat(datum.t, '%Y-%m-%d %H:%M')", "as": "time"}],
        "mark": {"type": "line", "strokeWidth": 1.4},
        "encoding": {
            "x": {"field": "t", "type": "temporal", "title": None, "scale": {"type": "utc"}, "axis": {"grid": False}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": axis["title"],
                "scale": {"zero": axis["zero"]},
                "axis": {"format": axis["format"]},
            },
            "color": {
                "field": "run",
                "type": "nominal",
                "title": None,
                "scale": {"domain": names, "range": colours},
                "legend": {"labelLimit": 0, "columns": 2},
            },
            "strokeDash": {
                "field": "run",
                "type": "nominal",
                "title": None,
                "scale": {"domain": names, "range": dashes},
            },
            "tooltip": [
                {"field": "run", "type": "nominal", "title": "Run"},
                {"field": "time", "type": "nominal", "title": "Time (UTC)"},
                {"field": "value", "type": "quantitative", "format": ".3f", "title": axis["title"]},
            ],
        },
        "params": [
            {
                "name": "zoom",
                "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]"},
                "bind": "scales",
            }
        ],
    }

"""The section of windows: what each chose in training, and what that did out of sample."""

from typing import Any

from phase_worker.contract.html_page import Markup, element, joined, table
from topologies.pages.charts import Chart, Spec, drawn
from topologies.pages.run_traces import RunTraces
from topologies.pages.wording import date, parameters, written

_FIGURES = ("sharpe_ratio", "total_return", "max_drawdown")
_IN, _OUT = "In sample", "Out of sample"


def windows_section(traces: RunTraces) -> Markup | None:
    """None where the run has no windows."""
    windows = traces.windows
    if not windows:
        return None
    kept = [w for w in windows if _sharpe(w, "in_sample") is not None and _sharpe(w, "out_of_sample") is not None]
    better = sum(_sharpe(w, "out_of_sample") >= _sharpe(w, "in_sample") for w in kept)
    gains = sum(window["out_of_sample"]["total_return"] > 0.0 for window in windows)
    said = (
        f"{gains} of {len(windows)} test windows gained; in {better} of {len(kept)} where both are defined, the Sharpe "
        "ratio of the test was no worse than that of the training."
    )
    if len(windows) == 1:
        said = "What the parameters did on the bars that they were chosen on, and on those after."
    chart = [drawn(_sharpe_chart(windows))] if len(windows) > 1 else []
    return joined([element("p", said), *chart, _window_table(windows)])


def _sharpe(window: dict[str, Any], sample: str) -> Any:
    return window[sample]["sharpe_ratio"]


def _sharpe_chart(windows: list[dict[str, Any]]) -> Chart:
    values = [
        {
            "window": window["window"],
            "from": date(window["test_first"]),
            "params": parameters(window["params"]),
            "in": window["in_sample"]["sharpe_ratio"],
            "out": window["out_of_sample"]["sharpe_ratio"],
        }
        for window in windows
    ]
    x = {"field": "window", "type": "quantitative", "title": "Window", "axis": {"tickMinStep": 1, "grid": False}}
    x["scale"] = {"domain": [0.5, len(windows) + 0.5], "nice": False}
    y = {"title": "Sharpe ratio", "type": "quantitative"}
    told = [{"field": field, "type": "nominal", "title": title} for field, title in _COLUMNS[:3]]
    told += [{"field": field, "type": "quantitative", "format": ".3f", "title": title} for field, title in _COLUMNS[3:]]
    scale = {"domain": [_IN, _OUT], "range": ["var(--second)", "var(--accent)"]}
    size = 70 if len(windows) <= 60 else 20
    points = [
        {
            "mark": {"type": "point", "filled": True, "size": size, "opacity": 1, "shape": shape},
            "encoding": {
                "x": x,
                "y": y | {"field": field},
                "color": {"datum": name, "type": "nominal", "scale": scale, "title": None},
                "tooltip": told,
            },
        }
        for field, name, shape in (("in", _IN, "diamond"), ("out", _OUT, "circle"))
    ]
    between: Spec = {
        "mark": {"type": "rule", "color": "var(--line)"},
        "encoding": {"x": x, "y": y | {"field": "in"}, "y2": {"field": "out"}},
    }
    zero = {"mark": {"type": "rule", "color": "var(--muted)"}, "encoding": {"y": {"datum": 0}}}
    spec = {"data": {"values": values}, "layer": [zero, between, *points]}
    tells = "A line joins a window's two figures: where it is long, training said little about the test."
    return Chart("windows-chart", "Sharpe ratio of each window's choice, in training and in its test", tells, spec)


_COLUMNS = (
    ("window", "Window"),
    ("from", "Test from"),
    ("params", "Chosen"),
    ("in", f"Sharpe, {_IN.lower()}"),
    ("out", f"Sharpe, {_OUT.lower()}"),
)


def _window_table(windows: list[dict[str, Any]]) -> Markup:
    header = ["Window", "Test from", "to", "Chosen in training", "Trials"]
    for name in ("Sharpe", "Return", "Drawdown"):
        header += [f"{name}, in", "out"]
    header += ["Fills, out"]
    rows = []
    for window in windows:
        row = [str(window["window"]), date(window["test_first"]), date(window["test_last"])]
        row += [parameters(window["params"]), f"{window['trials']:,}"]
        for name in _FIGURES:
            row += [written(name, window["in_sample"][name]), written(name, window["out_of_sample"][name])]
        rows.append([*row, str(window["out_of_sample"]["fills"])])
    caption = "Each window: what its training chose, and how that did in sample and out of sample"
    return table(header, rows, caption=caption, left=4)

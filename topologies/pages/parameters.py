"""The section of parameters: how the objective depends on them, and how steady the choice of them is."""

from collections import Counter, defaultdict
from itertools import pairwise
from math import inf
from statistics import fmean
from typing import Any

from phase_worker.contract.html_page import Markup, element, joined, table
from topologies.pages.charts import WIDTH, Chart, Spec, drawn
from topologies.pages.run_traces import RunTraces
from topologies.pages.wording import label, parameters, written

_HEAT = [f"var(--h{step})" for step in range(6)]
_MOST_CELLS_WITH_NUMBERS = 150
_MOST_ROWS = 50

Params = tuple[tuple[str, Any], ...]


def parameters_section(traces: RunTraces, objective: str) -> Markup | None:
    """None where nothing was tried."""
    values = _by_params(traces, objective)
    if not values:
        return None
    sweeps, mean = len(traces.sweeps), {params: _mean(found) for params, found in values.items()}
    varied = _varied(list(values))
    said = f"{len(values):,} sets of parameters were tried in {sweeps:,} sweep{'s' if sweeps > 1 else ''}"
    said += f"; shown is the mean of the {label(objective)} in sample over all of them." if sweeps > 1 else "."
    parts: list[str] = [element("p", said)]
    if len(varied) >= 2:
        parts.append(drawn(_heat_map(mean, varied, objective)))
    elif varied:
        parts.append(drawn(_profile(mean, varied[0], objective)))
    parts += _stability(traces, varied)
    return joined([*parts, _ranking(values, mean, objective)])


def _by_params(traces: RunTraces, objective: str) -> dict[Params, list[float | None]]:
    """Where several strategies were tried, or in several regimes, that is a parameter too."""
    found: dict[Params, list[float | None]] = defaultdict(list)
    several = len({trial["strategy"] for sweep in traces.sweeps for trial in sweep.all("PORTFOLIO_METRICS")}) > 1
    for sweep in traces.sweeps:
        for trial in sweep.all("PORTFOLIO_METRICS"):
            told = [(name, trial[name]) for name in ("regime",) if name in trial]
            strategy = [("strategy", trial["strategy"])] if several else []
            found[(*told, *strategy, *trial["params"].items())].append(trial.get(objective))
    return found


def _mean(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def _varied(tried: list[Params]) -> list[str]:
    """The parameters of more than one value, those with the most values first; none where not all sets have them."""
    if len({tuple(name for name, _ in params) for params in tried}) > 1:
        return []
    counts = {name: len({params[at][1] for params in tried}) for at, (name, _) in enumerate(tried[0])}
    return sorted((name for name, count in counts.items() if count > 1), key=lambda name: -counts[name])


def _heat_map(mean: dict[Params, float | None], varied: list[str], objective: str) -> Chart:
    """Over the two parameters with the most values; of all others the best."""
    across, down = sorted(varied[:2], key=varied.index, reverse=True)
    cells: dict[tuple[Any, Any], float | None] = {}
    for params, value in mean.items():
        place = dict(params)[across], dict(params)[down]
        cells[place] = max((v for v in (cells.get(place), value) if v is not None), default=None)
    values = [{"x": x, "y": y, "value": value} for (x, y), value in cells.items()]
    defined = [value for value in cells.values() if value is not None]
    low, high = min(defined, default=0.0), max(defined, default=1.0)
    high = high if high > low else low + 1.0
    axes = {
        "x": {"field": "x", "type": "ordinal", "title": across, "axis": {"labelAngle": 0, "labelOverlap": True}},
        "y": {"field": "y", "type": "ordinal", "title": down, "sort": "descending", "axis": {"labelOverlap": True}},
    }
    told = [
        {"field": "x", "type": "nominal", "title": across},
        {"field": "y", "type": "nominal", "title": down},
        {"field": "value", "type": "quantitative", "format": ".4f", "title": label(objective)},
    ]
    colour = {
        "field": "value",
        "type": "quantitative",
        "title": label(objective),
        "scale": {"type": "quantize", "domain": [low, high], "range": _HEAT},
        "legend": {"format": ".2f"},
    }
    layers: list[Spec] = [{"mark": {"type": "rect"}, "encoding": axes | {"color": colour, "tooltip": told}}]
    if len(cells) <= _MOST_CELLS_WITH_NUMBERS:
        dark = {"test": f"datum.value >= {low + (high - low) * 4 / 6}", "value": "var(--paper)"}
        text = {"field": "value", "type": "quantitative", "format": ".2f"}
        layers.append(
            {
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": {"type": "text", "fontSize": 12},
                "encoding": axes | {"text": text, "color": {"condition": dark, "value": "var(--ink)"}},
            }
        )
    others = f" Of {', '.join(varied[2:])} the best value is taken." if len(varied) > 2 else ""
    tells = f"From {low:.4g} to {high:.4g}; a good plateau is worth more than a single good cell.{others}"
    rows = len({y for _, y in cells})
    spec = {"data": {"values": values}, "layer": layers}
    columns = (("x", across), ("y", down), ("value", label(objective)))
    height = max(140, min(480, 34 * rows))
    return Chart("parameters-chart", f"{label(objective)} by {across} and {down}", tells, spec, height, WIDTH, columns)


def _profile(mean: dict[Params, float | None], name: str, objective: str) -> Chart:
    values = [{"x": dict(params)[name], "value": value} for params, value in mean.items()]
    numeric = all(isinstance(value["x"], int | float) for value in values)
    spec = {
        "data": {"values": values},
        "mark": {"type": "line", "point": {"color": "var(--accent)"}, "color": "var(--accent)"},
        "encoding": {
            "x": {"field": "x", "type": "quantitative" if numeric else "nominal", "title": name},
            "y": {"field": "value", "type": "quantitative", "title": label(objective), "scale": {"zero": False}},
            "tooltip": [{"field": "x", "title": name}, {"field": "value", "format": ".4f", "title": label(objective)}],
        },
    }
    tells = "A smooth line says that a neighbour would have done about as well."
    columns = (("x", name), ("value", label(objective)))
    return Chart("parameters-chart", f"{label(objective)} by {name}", tells, spec, columns=columns)


def _stability(traces: RunTraces, varied: list[str]) -> list[str]:
    """Which values the windows chose, one after the other."""
    windows = traces.windows
    varied = [name for name in varied if windows and name in windows[0]["params"]]
    if len(windows) < 2 or not varied:
        return []
    chosen = [parameters(window["params"]) for window in windows]
    changes = sum(before != after for before, after in pairwise(chosen))
    (most, count), *_ = Counter(chosen).most_common(1)
    tells = (
        f"The choice changed {changes} times in {len(windows) - 1} steps; chosen most often, in {count} "
        f"windows: {most}."
        " A choice that jumps about follows noise."
    )
    charts: list[str] = []
    for name in varied[:4]:
        values = [
            {"window": window["window"], "value": str(window["params"][name]), "order": _order(window, name)}
            for window in windows
        ]
        x = {"field": "window", "type": "quantitative", "title": "Window", "axis": {"tickMinStep": 1, "grid": False}}
        x["scale"] = {"domain": [0.5, len(windows) + 0.5], "nice": False}
        y = {"field": "value", "type": "ordinal", "title": name, "sort": {"field": "order", "order": "descending"}}
        spec = {
            "data": {"values": values},
            "encoding": {"x": x, "y": y | {"axis": {"grid": True}}, "order": {"field": "window"}},
            "layer": [
                {"mark": {"type": "line", "interpolate": "step", "color": "var(--accent)", "opacity": 0.5}},
                {
                    "mark": {"type": "point", "filled": True, "color": "var(--accent)", "size": 45, "opacity": 1},
                    "encoding": {
                        "tooltip": [{"field": "window", "title": "Window"}, {"field": "value", "title": name}]
                    },
                },
            ],
        }
        kinds = len({value["value"] for value in values})
        height = max(70, min(240, 26 * kinds))
        charts.append(
            drawn(Chart(f"chosen-{len(charts)}-chart", f"{name} that each window chose", tells, spec, height))
        )
    return charts


def _order(window: dict[str, Any], name: str) -> Any:
    value = window["params"][name]
    return value if isinstance(value, int | float) else 0


def _ranking(values: dict[Params, list[float | None]], mean: dict[Params, float | None], objective: str) -> Markup:
    """Of several sweeps also the extremes over them."""
    ranked = sorted(mean, key=lambda params: -inf if (value := mean[params]) is None else value, reverse=True)
    several = any(len(found) > 1 for found in values.values())
    rows = []
    for place, params in enumerate(ranked[:_MOST_ROWS], start=1):
        defined = [value for value in values[params] if value is not None]
        bounds = [min(defined, default=None), max(defined, default=None)] if several else []
        figures = [written(objective, value) for value in (mean[params], *bounds)]
        rows.append([str(place), parameters(dict(params)), *figures])
    left = f"The best {_MOST_ROWS} of {len(ranked):,}; all are in the traces." if len(ranked) > _MOST_ROWS else None
    header = [
        "Rank",
        "Parameters",
        *((f"{label(objective)}, mean", "lowest", "highest") if several else (label(objective),)),
    ]
    return table(header, rows, caption="Sets of parameters, by the objective in sample", left=2, more=left)

"""Charts: a Vega-Lite spec as an SVG that stands by itself, which a script makes interactive where scripts run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import vl_convert

from phase_worker.contract.files import write_atomically
from phase_worker.contract.html_page import Markup, details, element, figure, joined, table

Spec = dict[str, Any]

VEGA_LITE = "6.4"
WIDTH, HEIGHT = 960, 260
_MOST_ROWS = 300

_CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "axisY": {"minExtent": 50},
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--muted)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
    },
}

# Each chart takes the place of its picture once it is drawn; where that fails, the picture stays.
STARTER = """
for (const place of document.querySelectorAll(".chart")) {
  const picture = place.querySelector("svg");
  const drawn = document.createElement("div");
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  if (spec.width) spec.width = "container";
  place.append(drawn);
  vegaEmbed(drawn, spec, {renderer: "svg", actions: false, ast: true}).then(
    () => { picture.remove(); place.dataset.drawn = "yes"; },
    error => { drawn.remove(); console.error(error); });
}
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """`spec` is Vega-Lite without size and looks; `tells` is what one sees in it, for who does not see it.

    `columns` name the fields that its table has as (field, heading).
    """

    name: str
    title: str
    tells: str
    spec: Spec
    height: int = HEIGHT
    width: int | None = WIDTH
    columns: Sequence[tuple[str, str]] = ()


def drawn(chart: Chart) -> Markup:
    """The figure: its picture, what makes it interactive, and a table of its data where that is small."""
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{chart.title}. {chart.tells}",
        "width": chart.width,
        "height": chart.height,
        "config": _CONFIG,
    } | chart.spec
    if chart.width is None:
        del spec["width"]
    else:
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    picture: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    opening, closing = picture.split(">", 1)
    named = joined([element("title", chart.title), element("desc", chart.tells)])
    place = element("div", Markup(f'{opening} role="img">{named}{closing}'), class_="chart", data_spec=chart.name)
    block = element("script", _as_text(spec), type="application/json", id=chart.name)
    return joined([figure(place, f"{chart.title}. {chart.tells}"), block, *_data(chart)])


def _as_text(spec: Spec) -> Markup:
    """JSON that cannot end the element that it stands in."""
    return Markup(orjson.dumps(spec, option=orjson.OPT_SERIALIZE_NUMPY).decode().replace("<", "\\u003c"))


def _data(chart: Chart) -> list[Markup]:
    values: list[Mapping[str, Any]] = chart.spec["data"]["values"]
    if not chart.columns or len(values) > _MOST_ROWS:
        return []
    rows = [[_cell(value.get(field)) for field, _ in chart.columns] for value in values]
    return [details("The same as a table", table([name for _, name in chart.columns], rows, caption=chart.title))]


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def library(cache: Path) -> str:
    """Vega, Vega-Lite and vega-embed as one script; to make it takes a second, so it is kept in `cache`."""
    try:
        return cache.read_text()
    except OSError:
        whole: str = vl_convert.javascript_bundle(None, VEGA_LITE)  # type: ignore[arg-type]
        script = whole.replace("</script", "<\\/script")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(cache, script.encode())
    except OSError:  # the next report makes it again
        pass
    return script


def library_version() -> str:
    """What names the script: the versions of all in it."""
    return f"vl-convert-{version('vl-convert-python')}-vega-lite-{VEGA_LITE}"

"""The sections of plain facts: the result, its statistics, the data check, and where all of it comes from."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

from phase_worker.contract.html_page import Markup, element, joined, table
from phase_worker.topology_builder import PhaseContext
from topologies.pages.run_traces import RunTraces
from topologies.pages.wording import STATISTICS, date, label, meaning, parameters, written

_TILES = (
    "total_return",
    "cagr",
    "sharpe_ratio",
    "sortino_ratio",
    "max_drawdown",
    "walk_forward_efficiency",
    "trades",
    "final_equity",
)
_NO_STATISTICS = {"symbol", "strategy", "params", "trial", "fill", "prices", "at_end", "rebalance"}
_SPREAD = ("minimum", "p05", "p25", "median", "p75", "p95", "maximum", "mean", "standard_deviation")
_MOST_WARNINGS = 100
_MOST_TRACES = 200


def result_section(traces: RunTraces) -> Markup:
    """The figures that one looks for first, and what they are of."""
    metrics = traces.metrics
    if not metrics:
        said = f"The phase {traces.result.name} published no figures."
        return joined([element("p", said, class_="note"), *_skipped_tables(traces)])
    tiles = [_tile(name, metrics[name]) for name in _TILES if name in metrics]
    warnings = len(traces.data.all("DATA_WARNING"))
    text = f"The data check found {warnings} suspicious thing{'s' if warnings > 1 else ''} in the data: see Data."
    warned = [element("p", text, class_="warn")] if warnings else []
    return joined(
        [element("p", _sample(traces)), element("dl", *tiles, class_="tiles"), *warned, *_skipped_tables(traces)]
    )


def _skipped_tables(traces: RunTraces) -> list[Markup]:
    """Which phases their conditions left out, if any; the figures above are of the last that ran."""
    rows = [[name, reason] for name, reason in traces.skipped.items()]
    return [table(["Phase", "Reason"], rows, caption="Skipped, as the job says", left=2)] if rows else []


def _tile(name: str, value: Any) -> Markup:
    sign = None
    if name in {"total_return", "cagr", "sharpe_ratio", "sortino_ratio"} and value is not None:
        sign = "good" if value >= 0 else "bad"
    return element("div", element("dt", label(name)), element("dd", written(name, value), class_=sign))


def _sample(traces: RunTraces) -> str:
    metrics, windows = traces.metrics, traces.windows
    trials = f"{metrics.get('trials', 1):,} trials"
    if len(windows) > 1:
        return f"Out of sample: {len(windows)} test windows, each with what {trials} in all had chosen on other bars."
    chosen = parameters(metrics.get("params", {}))
    if windows:
        return f"Out of sample: {chosen}, chosen on earlier bars out of {trials}."
    if traces.chosen_in_sample:
        return f"In sample: {chosen} is the best of {trials} on these very bars, which is no forecast."
    return f"One set of parameters, as the job gives it: {chosen}."


def statistics_section(traces: RunTraces) -> Markup:
    """Every figure of the result, and of the phases that only compute statistics."""
    figures: dict[str, Any] = {n: v for n, v in traces.metrics.items() if n not in _NO_STATISTICS}
    tables = []
    for phase in traces.phases.values():
        for payload in phase.all("STATISTICS"):
            figures |= {name: value for name, value in payload.items() if not _is_table(value)}
            tables += [_small_table(name, value) for name, value in payload.items() if _is_table(value)]
    order = [name for name in STATISTICS if name in figures] + [name for name in figures if name not in STATISTICS]
    rows = [[label(name), written(name, figures[name]), meaning(name)] for name in order]
    return joined([_three_columns(rows), *_spread_tables(traces), *tables])


def _spread_tables(traces: RunTraces) -> list[Markup]:
    """How the result's figures are spread: a table of each kind of what they are spread over."""
    spreads = groupby(traces.result.all("DISTRIBUTION"), key=lambda spread: str(spread["of"]))
    return [_spread_table(of, list(found)) for of, found in spreads]


def _spread_table(of: str, spreads: list[dict[str, Any]]) -> Markup:
    rows = [
        [label(spread["figure"]), *(written(spread["figure"], spread[name]) for name in _SPREAD)] for spread in spreads
    ]
    return table(["Figure", *_SPREAD], rows, caption=f"Spread over {spreads[0]['count']:,} {of}")


def _three_columns(rows: list[list[str]]) -> Markup:
    return table(["Statistic", "Value", "What it means"], rows, caption="Statistics of the result", left=3)


def _is_table(value: Any) -> bool:
    """A list of dicts: its rows."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _small_table(name: str, rows: list[Mapping[str, Any]]) -> Markup:
    header = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[written(column, row[column]) if column in row else "" for column in header] for row in rows]
    return table([label(column) for column in header], cells, caption=label(name))


def data_section(traces: RunTraces) -> Markup:
    """What the data is, and what the check of it found."""
    data = traces.data.last("DATA")
    rows = [
        ["Symbol", data["symbol"]],
        ["Bars", f"{data['bars']:,}, from {date(data['first'])} to {date(data['last'])}"],
        ["Prices", data["prices"]],
        ["Periods a year", f"{data['periods_per_year']:g}, inferred"],
        ["sha256 of the file", element("code", data["sha256"])],
    ]
    about = table(["Data", "Value"], rows, caption="The market data", left=2)
    warnings = traces.data.all("DATA_WARNING")
    if not warnings:
        return joined([about, element("p", "The check of the data found nothing suspicious.")])
    found = [[warning["code"], str(warning["row"]), warning["message"]] for warning in warnings[:_MOST_WARNINGS]]
    more = f"The first {_MOST_WARNINGS} of {len(warnings):,}." if len(warnings) > _MOST_WARNINGS else None
    caption = "Suspicious, but legal: left as it is"
    return joined([about, table(["Code", "Bar", "Finding"], found, caption=caption, left=3, more=more)])


def provenance_section(context: PhaseContext, traces: RunTraces) -> Markup:
    """What made the result: the job's settings as the result's phase had them, versions, and each trace's request."""
    rows = [["Run", context.paths.workflow_id], ["Workflow", context.config["workflow"]]]
    rows += [["Daybreak", _version()], ["Engine version", str(traces.result.opening["engine_version"])]]
    rows += [[name, _setting(value)] for name, value in _flat(_settings(traces)).items()]
    rows += [[f"Plugin {at}", element("code", sha)] for at, sha in enumerate(traces.result.opening["plugins"], start=1)]
    known = list(traces.phases.values())
    requests = [
        [phase.name, phase.topology, element("code", phase.opening["request_digest"])]
        for phase in (known if len(known) <= _MOST_TRACES else [traces.data, traces.result])
    ]
    more = f"The data's and the result's of {len(known):,} phases." if len(known) > _MOST_TRACES else None
    asked = "Every phase's request, by its digest: the same request gives the same bytes"
    return joined(
        [
            table(["Setting", "Value"], rows, caption="Conventions and versions", left=2),
            table(["Phase", "Topology", "Request"], requests, caption=asked, left=3, more=more),
        ]
    )


def _settings(traces: RunTraces) -> dict[str, Any]:
    return {name: value for name, value in traces.result.config.items() if name != "windows"}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _setting(value: Any) -> str:
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _version() -> str:
    try:
        return version("daybreak")
    except PackageNotFoundError:
        return "of a checkout"

"""The section of phases: when each ran, and what it took; told by their outcomes, which no trace knows of."""

import re
from heapq import heappop, heappush
from typing import Any

import numpy as np

from phase_worker.contract.html_page import Markup, element, joined, table
from phase_worker.contract.outcome import PhaseOutcome, read_outcome
from phase_worker.contract.paths import RunPaths
from topologies.pages.charts import Chart, drawn
from topologies.pages.run_traces import RunTraces

_MOST_ROWS = 200
_NUMBERED = re.compile(r"-\d+$")
_COLOURS = ("var(--accent)", "var(--second)", "var(--good)", "var(--h4)", "var(--muted)", "var(--bad)")


def phases_section(paths: RunPaths, traces: RunTraces) -> Markup:
    """Of all phases but the report itself, which is still running."""
    found = [outcome for name in traces.phases if (outcome := read_outcome(paths.outcome(name)))]
    if not found:
        return element("p", "The outcomes of the phases are gone: their times are not known any more.", class_="note")
    used = [outcome.resources for outcome in found]
    said = (
        f"{len(found):,} phases took {sum(each.cpu_s for each in used):,.2f} s of processor time, "
        f"{sum(each.wall_s for each in used):,.2f} s one after the other; the largest used "
        f"{max(each.peak_memory_bytes for each in used) / 2**20:,.0f} MiB. These are circumstances: another run of "
        "the same job has others, and the same traces."
    )
    return joined([element("p", said), drawn(_timeline(found)), _phase_table(found)])


def _timeline(outcomes: list[PhaseOutcome]) -> Chart:
    ends = [_ms(outcome.finished_at) for outcome in outcomes]
    begins = [end - outcome.resources.wall_s * 1000 for end, outcome in zip(ends, outcomes, strict=True)]
    first = min(begins)
    kinds = list(dict.fromkeys(_NUMBERED.sub("", outcome.phase) for outcome in outcomes))
    values: list[dict[str, Any]] = []
    for outcome, begin, end, lane in zip(outcomes, begins, ends, _lanes(begins, ends), strict=True):
        values.append(
            {
                "phase": outcome.phase,
                "kind": _NUMBERED.sub("", outcome.phase),
                "from": round((begin - first) / 1000, 3),
                "to": round((end - first) / 1000, 3),
                "lane": lane,
                "cpu": round(outcome.resources.cpu_s, 3),
                "memory": round(outcome.resources.peak_memory_bytes / 2**20),
            }
        )
    lanes = max(value["lane"] for value in values)
    seconds = {"type": "quantitative", "title": "Seconds since the first began"}
    spec = {
        "data": {"values": values},
        "mark": {"type": "rect", "stroke": "var(--paper)", "strokeWidth": 0.5},
        "encoding": {
            "x": seconds | {"field": "from"},
            "x2": {"field": "to"},
            "y": {"field": "lane", "type": "ordinal", "title": None},
            "color": {
                "field": "kind",
                "type": "nominal",
                "title": None,
                "legend": {"columns": 4},
                "scale": {"domain": kinds, "range": [_COLOURS[at % len(_COLOURS)] for at in range(len(kinds))]},
            },
            "tooltip": [
                {"field": "phase", "type": "nominal", "title": "Phase"},
                {"field": "from", "type": "quantitative", "title": "From, s"},
                {"field": "to", "type": "quantitative", "title": "To, s"},
                {"field": "cpu", "type": "quantitative", "title": "Processor, s"},
                {"field": "memory", "type": "quantitative", "title": "Peak memory, MiB"},
            ],
        },
    }
    tells = f"{(max(ends) - first) / 1000:,.2f} s from the first start to the last end, at most {lanes} at a time."
    return Chart("phases-chart", "When each phase ran", tells, spec, height=max(60, min(320, 30 * lanes)))


def _lanes(begins: list[float], ends: list[float]) -> list[int]:
    """For each phase the first lane, from 1, that is free when it begins."""
    lanes = [0] * len(begins)
    busy: list[tuple[float, int]] = []
    free: list[int] = []
    for at in sorted(range(len(begins)), key=begins.__getitem__):
        while busy and busy[0][0] <= begins[at]:
            heappush(free, heappop(busy)[1])
        lanes[at] = heappop(free) if free else len(busy) + 1
        heappush(busy, (ends[at], lanes[at]))
    return lanes


def _ms(timestamp: str) -> float:
    return float(np.datetime64(timestamp.removesuffix("Z"), "ms").astype(np.int64))


def _phase_table(outcomes: list[PhaseOutcome]) -> Markup:
    costly = sorted(outcomes, key=lambda outcome: outcome.resources.cpu_s, reverse=True)[:_MOST_ROWS]
    kept = {outcome.phase for outcome in costly}
    rows = [
        [
            outcome.phase,
            outcome.started_at,
            outcome.host,
            f"{outcome.resources.wall_s:,.3f}",
            f"{outcome.resources.cpu_s:,.3f}",
            f"{outcome.resources.peak_memory_bytes / 2**20:,.1f}",
            f"{outcome.events:,}",
            str(outcome.attempt),
        ]
        for outcome in outcomes
        if outcome.phase in kept
    ]
    more = f"The {_MOST_ROWS} that took most of {len(outcomes):,}." if len(outcomes) > _MOST_ROWS else None
    header = ["Phase", "Began", "Host", "Wall, s", "Processor, s", "Peak memory, MiB", "Events", "Attempt"]
    return table(header, rows, caption="What each phase took", left=3, more=more)

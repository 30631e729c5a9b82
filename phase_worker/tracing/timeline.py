"""A run as a timeline in Chrome's trace event format, for ui.perfetto.dev or chrome://tracing.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. What it calls a process is
a host here, and its threads are slots: as many as phases ran there at a time.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from phase_worker.contract.outcome import PhaseOutcome
from phase_worker.contract.paths import RunPaths
from phase_worker.tracing.event_time import microseconds
from phase_worker.tracing.run_files import find_outcomes, read_request

_COLORS = {"failed": "terrible", "timed_out": "bad"}  # names that the format reserves

TraceEvent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Slice:
    """A phase in its place; times are microseconds since the first phase's start, `host` and `slot` count from 1."""

    outcome: PhaseOutcome
    start: int
    end: int
    host: int
    slot: int


def timeline(run: RunPaths) -> dict[str, Any]:
    """Each phase of the run that has ended, with what it depended on, and the memory that was taken at a time."""
    slices = _placed(find_outcomes(run))
    return {
        "traceEvents": [
            *_names(slices),
            *(_phase_event(run, each) for each in slices),
            *_dependencies(run, slices),
            *_counters(slices),
        ],
        "displayTimeUnit": "ms",
        "otherData": {"workflow_id": run.workflow_id},
    }


def _placed(outcomes: Sequence[PhaseOutcome]) -> list[_Slice]:
    """In the order of their starts, each in the first slot that is free then; without those that never started."""
    started = [outcome for outcome in outcomes if outcome.started_at]
    first = min((microseconds(outcome.started_at) for outcome in started), default=0)
    hosts: dict[str, int] = {}
    free_from: defaultdict[tuple[int, int], int] = defaultdict(int)
    placed = []
    for outcome in started:
        start = microseconds(outcome.started_at) - first
        end = max(start + round(outcome.resources.wall_s * 1e6), microseconds(outcome.finished_at) - first)
        host = hosts.setdefault(outcome.host, len(hosts) + 1)
        slot = next(slot for slot in count(1) if free_from[host, slot] <= start)
        free_from[host, slot] = end
        placed.append(_Slice(outcome, start, end, host, slot))
    return placed


def _names(slices: Sequence[_Slice]) -> Iterator[TraceEvent]:
    for host, name in sorted({(each.host, each.outcome.host) for each in slices}):
        yield {"ph": "M", "name": "process_name", "pid": host, "args": {"name": name or "an unknown host"}}
    for host, slot in sorted({(each.host, each.slot) for each in slices}):
        yield {"ph": "M", "name": "thread_name", "pid": host, "tid": slot, "args": {"name": f"slot {slot}"}}


def _phase_event(run: RunPaths, each: _Slice) -> TraceEvent:
    outcome = each.outcome
    used = outcome.resources
    facts = {
        "status": outcome.status,
        "attempt": outcome.attempt,
        "cpu_s": used.cpu_s,
        "peak_memory_mib": round(used.peak_memory_bytes / 2**20, 1),
        "events": outcome.events,
        "digest": outcome.digest,
        "error": outcome.error.message if outcome.error else None,
    }
    return {
        "ph": "X",
        "name": outcome.phase,
        "cat": read_request(run, outcome.phase).get("topology", "phase"),
        "pid": each.host,
        "tid": each.slot,
        "ts": each.start,
        "dur": each.end - each.start,
        "args": {name: fact for name, fact in facts.items() if fact not in (None, "")},
        **({"cname": _COLORS[outcome.status]} if outcome.status in _COLORS else {}),
    }


def _dependencies(run: RunPaths, slices: Sequence[_Slice]) -> Iterator[TraceEvent]:
    """An arrow to each phase from each whose trace it read; an arrow is two events with one id."""
    of_phase = {each.outcome.phase: each for each in slices}
    numbers = count(1)
    for target in slices:
        for name in read_request(run, target.outcome.phase).get("inputs", {}):
            if source := of_phase.get(name):
                arrow = {"name": "reads", "cat": "dependency", "id": next(numbers)}
                # It is bound to the slice that it begins in, so it begins within.
                yield arrow | {
                    "ph": "s",
                    "pid": source.host,
                    "tid": source.slot,
                    "ts": max(source.start, source.end - 1),
                }
                yield arrow | {"ph": "f", "bp": "e", "pid": target.host, "tid": target.slot, "ts": target.start}


def _counters(slices: Sequence[_Slice]) -> Iterator[TraceEvent]:
    """For each host, from each moment on: how many phases run, and the sum of what their peaks of memory will be."""
    changes = sorted(
        change
        for each in slices
        for change in (
            (each.host, each.start, 1, each.outcome.resources.peak_memory_bytes),
            (each.host, each.end, -1, -each.outcome.resources.peak_memory_bytes),
        )
    )
    running: defaultdict[int, int] = defaultdict(int)
    memory_bytes: defaultdict[int, int] = defaultdict(int)
    for host, moment, more, more_bytes in changes:
        running[host] += more
        memory_bytes[host] += more_bytes
        at = {"ph": "C", "pid": host, "ts": moment}
        yield at | {"name": "phases", "args": {"running": running[host]}}
        yield at | {"name": "peak memory (MiB)", "args": {"sum": round(memory_bytes[host] / 2**20, 1)}}

"""The gate of a phase: decides from the sealed traces that it reads whether its topology runs, or it is skipped."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from phase_worker.contract.condition import Condition, Gate
from phase_worker.contract.errors import ConfigError, did_you_mean
from phase_worker.discovery import ComponentRegistry
from phase_worker.extraction import Results, extract
from phase_worker.tracing.query import TraceQuery

SKIPPED = "PHASE_SKIPPED"
_COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "at_least": ("at least", operator.ge),
    "at_most": ("at most", operator.le),
    "above": ("above", operator.gt),
    "below": ("below", operator.lt),
    "equals": ("equal to", operator.eq),
}


def skip_reason(trace: TraceQuery) -> str | None:
    """Why the phase of this trace was skipped; None where it was not."""
    return next((str(event.payload["reason"]) for event in trace.iter_events(event_type=SKIPPED)), None)


def pass_gate(
    gate: Gate, inputs: Mapping[str, TraceQuery], registry: ComponentRegistry
) -> tuple[str | None, dict[str, TraceQuery]]:
    """Why the phase is to be skipped, None where it is not; and the traces that its topology reads.

    Raises ConfigError where a condition cannot be held against anything: a phase is not skipped by mistake.
    """
    ran = {name: trace for name, trace in inputs.items() if skip_reason(trace) is None}
    known = inputs if gate.requires == "none" else ran
    reads = {name: known[name] for name in gate.reads if name in known}
    missing = [f"'{name}'" for name in gate.reads if name not in known]
    if missing and (gate.requires == "all" or not reads):
        return f"{', '.join(missing)} {'was' if len(missing) == 1 else 'were'} skipped", reads
    reasons = (_unmet(condition, ran, registry) for condition in gate.when)
    return next((reason for reason in reasons if reason), None), reads


def _unmet(condition: Condition, ran: Mapping[str, TraceQuery], registry: ComponentRegistry) -> str | None:
    """Why the condition does not hold; None where it does."""
    names = [name for name in condition.phases if name in ran]
    of = f"{condition.category} of {', '.join(repr(name) for name in names or condition.phases)}"
    if not names:
        return f"its condition is on the {of}, skipped too"
    rows = [row for name in names for row in _results(ran[name], condition.category, registry)]
    values = [_value(row, condition.field, of) for row in _chosen(rows, condition.rows, of)]
    holding = [_holds(condition, value, of) for value in values]
    if any(holding) if condition.rows == "any" else all(holding):
        return None
    if len(values) == 1:
        return f"{condition.field} in the {of} is {_written(values[0])}, not {_wanted(condition)}"
    count = "none" if not any(holding) else f"only {sum(holding)}"
    return f"{count} of {len(values)} {condition.field} in the {of} is {_wanted(condition)}"


def _results(trace: TraceQuery, category: str, registry: ComponentRegistry) -> Results:
    extractor = registry.get("extractor", category).factory()
    return extract(trace.iter_events(event_type=extractor.event_types), [extractor])[extractor.result_category]


def _chosen(rows: Results, which: str, of: str) -> Results:
    if not rows:
        raise ConfigError(f"a condition is on the {of}, but there are none", code="E-CONDITION")
    if which == "only" and len(rows) > 1:
        raise ConfigError(
            f"a condition is on the {of}, but there are {len(rows)}. Say which: rows: first, last, any or all.",
            code="E-CONDITION",
        )
    return {"first": rows[:1], "last": rows[-1:]}.get(which, rows)


def _value(row: Mapping[str, Any], field: str, of: str) -> Any:
    found: Any = row
    for name in field.split("."):
        if not isinstance(found, Mapping) or name not in found:
            known = did_you_mean(name, found if isinstance(found, Mapping) else ())
            raise ConfigError(f"a condition is on '{field}' in the {of}, which has no '{name}'. {known}")
        found = found[name]
    return found


def _holds(condition: Condition, value: Any, of: str) -> bool:
    """Whether all comparisons hold; of what is undefined (null), none does."""
    ordered = [name for name in _COMPARISONS if name != "equals" and getattr(condition, name) is not None]
    if ordered and not isinstance(value, int | float | None):
        raise ConfigError(f"'{condition.field}' in the {of} is no number but {_written(value)}", code="E-CONDITION")
    return value is not None and all(compare(value, wanted) for _, compare, wanted in _comparisons(condition))


def _comparisons(condition: Condition) -> list[tuple[str, Callable[[Any, Any], bool], Any]]:
    wanted = {name: getattr(condition, name) for name in _COMPARISONS}
    return [(*_COMPARISONS[name], value) for name, value in wanted.items() if value is not None]


def _wanted(condition: Condition) -> str:
    return " and ".join(f"{words} {_written(wanted)}" for words, _, wanted in _comparisons(condition))


def _written(value: Any) -> str:
    """A figure with six digits: the trace has them all."""
    return "undefined" if value is None else f"{value:.6g}" if isinstance(value, float) else repr(value)

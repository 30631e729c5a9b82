"""A gate holds conditions against what extractors read out of traces, and never closes on nothing."""

from typing import Any

import pytest

from phase_worker.contract.condition import Condition, Gate
from phase_worker.contract.errors import ConfigError
from phase_worker.discovery import get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.gate import SKIPPED, pass_gate
from phase_worker.tracing.query import TraceQuery
from phase_worker.tracing.tracer import UnifiedTracer


def trace(*rows: dict[str, Any], event_type: str = "PORTFOLIO_METRICS") -> TraceQuery:
    bus, tracer = EventBus(), UnifiedTracer()
    bus.attach_tracer(tracer)
    for row in rows:
        bus.publish(Event(event_type, "2020-01-01T00:00:00Z", "test", row))
    return TraceQuery(tracer)


def skipped() -> TraceQuery:
    return trace({"reason": "no"}, event_type=SKIPPED)


def reason(*conditions: Condition, **inputs: TraceQuery) -> str | None:
    return pass_gate(Gate(conditions, ()), inputs, get_component_registry([]))[0]


def sharpe(phases: tuple[str, ...] = ("a",), rows: str = "only", field: str = "sharpe", **comparison: Any) -> Condition:
    return Condition(phases, "portfolio_metrics", field, rows=rows, **comparison)


@pytest.mark.parametrize(
    ("comparison", "holding", "not_holding"),
    [
        ("at_least", (0.5, 0.6), (0.4999,)),
        ("at_most", (0.5, 0.4), (0.5001,)),
        ("above", (0.6,), (0.5, 0.4)),
        ("below", (0.4,), (0.5, 0.6)),
        ("equals", (0.5,), (0.4, "0.5")),
    ],
)
def test_each_comparison_holds_where_its_name_says(
    comparison: str, holding: tuple[Any, ...], not_holding: tuple[Any, ...]
) -> None:
    comparisons: dict[str, Any] = {comparison: 0.5}
    condition = sharpe(**comparisons)
    assert all(reason(condition, a=trace({"sharpe": value})) is None for value in holding)
    assert all(reason(condition, a=trace({"sharpe": value})) for value in not_holding)


def test_the_reason_says_what_was_found_and_what_was_wanted() -> None:
    found = reason(sharpe(at_least=0.5, below=3.0), a=trace({"sharpe": 0.25}))
    assert found == "sharpe in the portfolio_metrics of 'a' is 0.25, not at least 0.5 and below 3"


def test_of_what_is_undefined_no_comparison_holds() -> None:
    for condition in (sharpe(at_least=0), sharpe(at_most=0), sharpe(above=0), sharpe(below=0), sharpe(equals=0)):
        assert reason(condition, a=trace({"sharpe": None})) is not None


@pytest.mark.parametrize(
    ("rows", "values", "holds"),
    [
        ("first", (1, 0), True),
        ("last", (1, 0), False),
        ("any", (0, 1, 0), True),
        ("any", (0, 0), False),
        ("all", (1, 1), True),
        ("all", (1, 0), False),
    ],
)
def test_of_several_results_those_count_that_rows_says(rows: str, values: tuple[int, ...], holds: bool) -> None:
    query = trace(*({"sharpe": value} for value in values))
    assert (reason(sharpe(rows=rows, above=0.5), a=query) is None) is holds


def test_a_condition_on_a_fan_out_takes_the_results_of_all_that_ran() -> None:
    inputs = {"a": trace({"sharpe": 0.1}), "b": skipped(), "c": trace({"sharpe": 0.9})}
    condition = sharpe(tuple(inputs), rows="any", at_least=0.5)
    assert reason(condition, **inputs) is None
    inputs["c"] = trace({"sharpe": 0.2})
    assert reason(condition, **inputs) == "none of 2 sharpe in the portfolio_metrics of 'a', 'c' is at least 0.5"
    assert reason(condition, a=skipped(), b=skipped(), c=skipped()) is not None


def test_a_field_within_another_is_named_with_a_dot() -> None:
    assert reason(sharpe(field="params.fast", equals=5), a=trace({"params": {"fast": 5}})) is None
    assert reason(sharpe(field="params.kind", equals="sma"), a=trace({"params": {"kind": "ema"}})) is not None


@pytest.mark.parametrize(
    ("condition", "rows", "said"),
    [
        (sharpe(above=0), [], "but there are none"),
        (sharpe(above=0), [{"sharpe": 1}, {"sharpe": 1}], "but there are 2. Say which: rows: first, last, any or all"),
        (sharpe(above=0), [{"sharpe_ratio": 1}], "has no 'sharpe'. Known: .* Did you mean 'sharpe_ratio'"),
        (sharpe(above=0), [{"sharpe": "high"}], "is no number but 'high'"),
        (sharpe(field="sharpe.x", above=0), [{"sharpe": 1}], "has no 'x'"),
    ],
)
def test_a_condition_that_can_be_held_against_nothing_fails_the_phase(
    condition: Condition, rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        reason(condition, a=trace(*rows))


@pytest.mark.parametrize(
    ("requires", "ran", "passes"),
    [
        ("all", "ab", True),
        ("all", "a", False),
        ("any", "a", True),
        ("any", "", False),
        ("none", "", True),
    ],
)
def test_a_phase_runs_on_as_many_of_its_inputs_as_it_requires(requires: str, ran: str, passes: bool) -> None:
    inputs = {name: trace({"x": 1}) if name in ran else skipped() for name in "ab"}
    why, reads = pass_gate(Gate((), ("a", "b"), requires), inputs, get_component_registry([]))
    assert (why is None) is passes
    assert list(reads) == (["a", "b"] if requires == "none" else list(ran))


def test_what_only_a_condition_is_on_the_topology_does_not_read() -> None:
    inputs = {"a": trace({"sharpe": 1}), "b": trace({"sharpe": 0})}
    why, reads = pass_gate(Gate((sharpe(above=0),), ("b",)), inputs, get_component_registry([]))
    assert (why, list(reads)) == (None, ["b"])

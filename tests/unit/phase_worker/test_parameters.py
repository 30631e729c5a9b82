"""A parameter says which values it allows, and why it refuses the others."""

from typing import Any

import pytest

from phase_worker.parameters import Choice, Float, Int, Parameter


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Int(5, 1, 10), 1),
        (Int(5, 1, 10), 10),
        (Float(0.5, 0.0, 1.0), 0.0),
        (Float(0.5, 0.0, 1.0), 1.0),
        (Float(0.5, 0.0, 1.0), 1),
        (Choice("a", ("a", "b")), "b"),
    ],
)
def test_a_value_of_the_type_and_range_is_allowed(parameter: Parameter, value: Any) -> None:
    assert parameter.problem(value) is None


@pytest.mark.parametrize(
    ("parameter", "value", "problem"),
    [
        (Int(5, 1, 10), 0, "expected 1 to 10, got 0"),
        (Int(5, 1, 10), 11, "expected 1 to 10, got 11"),
        (Int(5, 1, 10), 5.0, "expected a whole number, got 5.0"),
        (Int(5, 1, 10), True, "expected a whole number, got True"),
        (Int(5, 1, 10), "5", "expected a whole number, got '5'"),
        (Int(5, 1, 10), None, "expected a whole number, got None"),
        (Float(0.5, 0.0, 1.0), 1.5, "expected 0.0 to 1.0, got 1.5"),
        (Float(0.5, 0.0, 1.0), float("nan"), "expected 0.0 to 1.0, got nan"),
        (Float(0.5, 0.0, 1.0), float("inf"), "expected 0.0 to 1.0, got inf"),
        (Float(0.5, 0.0, 1.0), False, "expected a number, got False"),
        (Float(0.5, 0.0, 1.0), "0.5", "expected a number, got '0.5'"),
        (Choice("a", ("a", "b")), "c", "expected one of a, b, got 'c'"),
        (Choice("a", ("a", "b")), 1, "expected one of a, b, got 1"),
        (Choice("a", ("a", "b")), ["a"], "expected one of a, b, got ['a']"),
    ],
)
def test_another_value_is_refused_with_what_was_allowed_and_what_came(
    parameter: Parameter, value: Any, problem: str
) -> None:
    assert parameter.problem(value) == problem

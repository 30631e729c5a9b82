"""Trials: the order of the grid, and what constraints may say."""

from typing import Any

import pytest

from orchestrator.grid import MAX_CHECKED, MAX_TRIALS, StrategyChoice, expand_grid
from phase_worker.contract import ConfigError
from phase_worker.discovery import parse_constraint


def choice(grid: dict[str, tuple[Any, ...]], *constraints: str, params: dict[str, Any] | None = None) -> StrategyChoice:
    return StrategyChoice("cross", params or {"fast": 10, "slow": 30, "kind": "sma"}, grid, constraints)


def test_the_last_key_is_the_fastest() -> None:
    trials = expand_grid(choice({"slow": (20, 30), "fast": (5, 10)}))
    assert [(trial["slow"], trial["fast"]) for trial in trials] == [(20, 5), (20, 10), (30, 5), (30, 10)]


def test_what_the_grid_leaves_out_keeps_its_value() -> None:
    assert expand_grid(choice({"fast": (5, 10)})) == [
        {"fast": 5, "slow": 30, "kind": "sma"},
        {"fast": 10, "slow": 30, "kind": "sma"},
    ]


def test_without_a_grid_there_is_one_trial() -> None:
    assert expand_grid(choice({})) == [{"fast": 10, "slow": 30, "kind": "sma"}]
    assert expand_grid(StrategyChoice("buy_and_hold", {}, {}, ())) == [{}]


def test_constraints_leave_the_pairs_of_the_reference_grid() -> None:
    trials = expand_grid(choice({"fast": (5, 10, 20, 50), "slow": (20, 50, 100, 200)}, "fast < slow"))
    assert len(trials) == 13
    assert [trial["slow"] for trial in trials if trial["fast"] == 20] == [50, 100, 200]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast < slow", True),
        ("fast > slow", False),
        ("2 * fast <= slow", True),
        ("fast + 10 * 2 == slow", True),
        ("slow / fast != 3", False),
        ("slow - fast >= 20.5", False),
        ("5 < fast < slow < 40", True),
        ("5 < fast < slow < 30", False),
        ("fast > 50 or slow > 20", True),
        ("fast > 5 and not slow > 20", False),
        ("-fast < 0", True),
        ("(fast < 5 or fast > 8) and slow > 1", True),
    ],
)
def test_a_constraint_compares_parameters(text: str, expected: bool) -> None:
    assert parse_constraint(text, ["fast", "slow"])({"fast": 10, "slow": 30}) is expected


@pytest.mark.parametrize(
    "text",
    [
        "fast",
        "fast + slow",
        "not fast",
        "fast and slow",
        "fast < 'a'",
        "fast < True",
        "fast ** 2 < slow",
        "fast in (1, 2)",
        "fast is slow",
        "max(fast, 1) < slow",
        "fast.real < slow",
        "__import__('os') < slow",
        "(lambda: fast)() < slow",
        "[fast for fast in slow] < slow",
        "fast = slow",
        "fast <",
        "",
        "fast < slow; slow",
        "(" * 150 + "fast",
        "fast < " + "-" * 300 + "slow",
        "fast < 1j",
    ],
)
def test_a_constraint_is_nothing_else(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a constraint") as caught:
        parse_constraint(text, ["fast", "slow"])
    assert caught.value.code == "E-SCHEMA"


def test_a_constraint_knows_numeric_parameters_only() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'fast'"):
        expand_grid(choice({"fast": (1,)}, "fst < slow"))
    with pytest.raises(ConfigError, match="unknown parameter 'kind'"):
        expand_grid(choice({"fast": (1,)}, "kind < slow"))


@pytest.mark.parametrize(
    ("grid", "constraint", "message"),
    [
        ({"fast": (50, 60)}, "fast < slow", r"no trial is left: the constraints \(fast < slow\) forbid all 2"),
        ({}, "fast > slow", "no trial is left: .* forbid all 1"),
        ({"fast": (0, 1)}, "slow / fast > 2", "a constraint cannot be computed for every trial: division by zero"),
        ({"fast": tuple(range(1000)), "slow": tuple(range(101))}, "fast < slow", f"101,000 .* Allowed: {MAX_TRIALS:,}"),
    ],
)
def test_a_grid_without_trials_or_with_too_many_is_refused(
    grid: dict[str, tuple[Any, ...]], constraint: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        expand_grid(choice(grid, constraint))
    assert caught.value.code == "E-GRID"


def test_constraints_that_would_take_long_to_check_are_refused() -> None:
    numbers = tuple(range(300))
    constraints = [f"fast > -{number}" for number in range(MAX_CHECKED // len(numbers) ** 2 // len("fast > -1") + 1)]
    with pytest.raises(ConfigError, match="would take long") as caught:
        expand_grid(choice({"fast": numbers, "slow": numbers}, *constraints))
    assert caught.value.code == "E-GRID"
    assert len(expand_grid(choice({"fast": numbers[:10]}, *constraints))) == 9

"""The definition of a job, and holding a tree against it."""

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.job_file.errors import JobErrors, Report
from orchestrator.job_file.kinds import Field, Many, Name, Section, Table
from orchestrator.job_file.schema import JOB, OBJECTIVES
from orchestrator.job_file.tree import TreeReport, mapping_tree
from orchestrator.job_file.validation import Validation

NAMES = {
    "workflow": ["walk_forward"],
    "strategy": ["sma_cross"],
    "sizer": ["all_in"],
    "topology": ["backtest", "selection"],
    "extractor": ["fills"],
}
SMALLEST = {"workflow": "walk_forward", "strategy": {"name": "sma_cross"}, "data": {"file": "SPY.csv"}}


def values_of(job: dict[str, Any]) -> dict[str, Any]:
    report = Report()
    tree = mapping_tree(job, report)
    values: dict[str, Any] = Validation(TreeReport(tree, report), NAMES.get).value(JOB, tree)
    report.raise_any()
    return values


def problems_of(job: dict[str, Any]) -> list[str]:
    with pytest.raises(JobErrors) as caught:
        values_of(job)
    return str(caught.value).splitlines()


def with_value(key: str, value: Any) -> dict[str, Any]:
    """The smallest job with `value` at the dotted `key`."""
    job: dict[str, Any] = {name: dict(part) if isinstance(part, dict) else part for name, part in SMALLEST.items()}
    section = job
    *parents, last = key.split(".")
    for parent in parents:
        section = section.setdefault(parent, {})
    section[last] = value
    return job


def value_at(values: Any, key: str) -> Any:
    for name in key.split("."):
        values = values[name]
    return values


def all_fields(field: Field) -> Iterator[Field]:
    yield field
    if isinstance(field, Section):
        for child in field.fields.values():
            yield from all_fields(child)
    if isinstance(field, Table | Many):
        yield from all_fields(field.item)


def test_everything_but_workflow_strategy_and_data_has_a_default() -> None:
    assert values_of(SMALLEST) == {
        "workflow": "walk_forward",
        "strategy": {"name": "sma_cross", "params": None, "grid": None, "constraints": ()},
        "data": {
            "file": "SPY.csv",
            "symbol": None,
            "format": "auto",
            "timezone": None,
            "prices": "raw",
            "factors": None,
            "calendar": None,
            "resample": None,
        },
        "windows": {
            "train": None,
            "test": None,
            "step": None,
            "anchored": False,
            "purge": 0,
            "groups": 6,
            "test_groups": 2,
            "embargo": 0,
        },
        "execution": {
            "cash": 100_000.0,
            "fill": "next_open",
            "shares": "fractional",
            "commission": {"bps": 0.0, "per_share": 0.0, "minimum": 0.0},
            "slippage_bps": 0.0,
            "periods_per_year": None,
            "slippage_cap": "none",
            "order": {"type": "market", "limit_bps": 0.0, "stop_bps": 0.0, "valid_bars": None},
            "volume_cap": None,
            "at_end": "hold",
        },
        "risk": {
            "sizing": "all_in",
            "params": None,
            "max_weight": 1.0,
            "allow_short": True,
            "stop_loss": None,
            "take_profit": None,
            "trailing_stop": None,
            "max_bars": None,
        },
        "objective": "sharpe_ratio",
        "trace": {"level": "full", "bars": False, "compress": "none"},
        "statistics": {"enabled": True, "spa": False},
        "resources": {"memory": 2**30, "time": 600.0, "workers": 1, "job_time": None},
        "plugins": (),
        "extractors": (),
        "phases": None,
        "workflow_id": None,
        "on_finish": (),
        "report": True,
        "replays": (),
        "monte_carlo": {"paths": 1000, "block": 20, "seed": 0},
        "search": {"method": "grid", "trials": 100, "seed": 0, "ranges": None},
        "regime": {"classifier": "volatility_regime", "params": None, "strategies": (), "split": "walk_forward"},
        "portfolio": {"legs": None, "rebalance": "none"},
        "shards": 1,
    }


def test_what_has_no_default_is_missed() -> None:
    assert [problem.split(". ")[0] for problem in problems_of({})] == [
        "workflow: error E-SCHEMA: missing",
        "strategy: error E-SCHEMA: missing",
        "data: error E-SCHEMA: missing",
    ]


def test_every_key_says_what_it_means_and_expects() -> None:
    for field in all_fields(JOB):
        assert field.doc
        assert field.doc.endswith(".") or field.doc.endswith("…")
        assert field.expected


def test_every_default_is_itself_allowed() -> None:
    for field in all_fields(JOB):
        default = field.default
        if not field.required and isinstance(default, str | int | float) and not isinstance(field, Name):
            assert field.accepted(default) == default


@pytest.mark.parametrize(
    ("key", "given", "held"),
    [
        ("execution.cash", 5000, 5000.0),
        ("execution.commission.bps", 5, 5.0),
        ("execution.periods_per_year", None, None),
        ("execution.periods_per_year", 365, 365.0),
        ("windows.step", None, None),
        ("windows.purge", 0, 0),
        ("windows.anchored", True, True),
        ("resources.memory", 2**21, 2.0**21),
        ("resources.memory", "512MiB", 512 * 2.0**20),
        ("resources.memory", "2GB", 2e9),
        ("resources.memory", "1.5 gib", 3 * 2.0**29),
        ("resources.time", 90, 90.0),
        ("resources.time", "90s", 90.0),
        ("resources.time", "10m", 600.0),
        ("resources.time", "2h", 7200.0),
        ("resources.time", "0.5d", 43_200.0),
        ("extractors", ["fills"], ("fills",)),
        ("strategy.grid", {"fast": [5, 10]}, {"fast": (5, 10)}),
        ("strategy.params", {"kind": "ema", "fast": 5}, {"kind": "ema", "fast": 5}),
        *(("objective", name, name) for name in OBJECTIVES),
    ],
)
def test_a_value_is_held_in_one_form(key: str, given: Any, held: Any) -> None:
    value = value_at(values_of(with_value(key, given)), key)
    assert value == held
    assert type(value) is type(held)


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("windows.train", 0, "expected a whole number of at least 1, got 0"),
        ("windows.train", 10.0, "expected a whole number of at least 1, got 10.0"),
        ("windows.train", True, "expected a whole number of at least 1, got True"),
        ("windows.purge", None, "expected a whole number of at least 0, got nothing"),
        ("windows.anchored", "false", "expected true or false, got 'false'"),
        ("windows.anchored", 0, "expected true or false, got 0"),
        ("execution.cash", True, "expected a number of at least 1, got True"),
        ("execution.cash", "100", "expected a number of at least 1, got '100'"),
        ("execution.slippage_bps", -1, "expected a number from 0 to 10,000, got -1"),
        ("execution.commission", 5, "expected a mapping with bps, per_share, minimum, got 5"),
        ("execution.fill", "nextopen", "unknown value 'nextopen'. Known: next_close, next_open, same_close. Did you"),
        ("objective", 3, "expected one of sharpe_ratio, "),
        ("resources.memory", "512 Mbit", "expected a number of bytes from 1,048,576 to "),
        ("resources.memory", "1KiB", "expected a number of bytes from 1,048,576 to "),
        ("resources.time", "9" * 400 + "s", "expected a number of seconds from 0.01 to "),
        ("resources.time", -1, "expected a number of seconds from 0.01 to "),
        ("resources.workers", 0, "expected a whole number from 1 to 1,024, got 0"),
        ("data.file", "", "expected text, got ''"),
        (
            "data",
            ["SPY.csv"],
            "expected a mapping with file, symbol, format, timezone, prices, factors, calendar, resample, got a list",
        ),
        (
            "strategy",
            5,
            "expected the name of a component of type strategy, or a mapping with name, params, grid, constraints",
        ),
        ("strategy.name", "sma_crss", "unknown strategy 'sma_crss'. Known: sma_cross. Did you mean 'sma_cross'?"),
        ("strategy.grid", {"fast": 5}, "expected a list of at least 1, got 5"),
        ("strategy.grid", {"fast": []}, "expected a list of at least 1, got an empty list"),
        ("strategy.grid", {"fast": [None]}, "expected text or a number, got nothing"),
        ("strategy.params", {"fast": [5]}, "expected text or a number, got a list"),
        (
            "workflow",
            "walk-forward",
            "unknown workflow 'walk-forward'. Known: walk_forward. Did you mean 'walk_forward'?",
        ),
        ("risk.sizing", "all", "unknown sizer 'all'. Known: all_in. Did you mean 'all_in'?"),
        ("extractors", ["fils"], "unknown extractor 'fils'. Known: fills. Did you mean 'fills'?"),
        ("extractors", "fills", "expected a list, got 'fills'"),
        ("phases", {"a": {"topology": "backtst"}}, "unknown topology 'backtst'. Known: backtest, selection. Did you"),
        ("phases", {"a": {"topology": "backtest", "config": [1]}}, "expected a mapping, got a list"),
        (
            "windows.trian",
            5,
            "unknown key 'trian'. Known: anchored, embargo, groups, purge, step, test, test_groups, train. Did",
        ),
    ],
)
def test_what_is_not_allowed_is_told_with_what_is(key: str, given: Any, message: str) -> None:
    [problem] = problems_of(with_value(key, given))
    assert problem.startswith(key)
    assert f"error E-SCHEMA: {message}" in problem


def test_long_values_are_cut_in_messages() -> None:
    [problem] = problems_of(with_value("execution.cash", "x" * 60_000))
    assert len(problem) < 200


def test_a_free_mapping_is_kept_as_it_is() -> None:
    config = {"a": None, "b": [1, {"c": "NO"}]}
    values = values_of(with_value("phases", {"one": {"topology": "backtest", "config": config}}))
    assert values["phases"]["one"]["config"] == config

"""The JSON Schema of job files agrees with what takes them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.job_file.edits import edited
from orchestrator.job_file.errors import JobErrors, Report
from orchestrator.job_file.json_schema import job_json_schema
from orchestrator.job_file.kinds import Field, Flag, Free, Many, Name, Number, Quantity, Section, Table, Text, Whole
from orchestrator.job_file.schema import JOB
from orchestrator.job_file.tree import TreeReport, mapping_tree
from orchestrator.job_file.validation import Validation
from orchestrator.matrix import parse_jobs

EXAMPLES = sorted((Path(__file__).parents[4] / "jobs" / "examples").rglob("*.yaml"))
KNOWN = {name: ["known"] for name in ("workflow", "strategy", "sizer", "topology", "extractor", "classifier")}
SCHEMA = job_json_schema(KNOWN)
SMALLEST: dict[str, Any] = {"workflow": "known", "strategy": "known", "data_file": "SPY.csv"}


def schema_takes(job: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(job)


def daybreak_takes(job: dict[str, Any]) -> bool:
    """Whether the definition that the schema is made from takes it; files need not be there."""
    report = Report()
    try:
        tree = edited(mapping_tree(job, report), {}, report)
        Validation(TreeReport(tree, report), KNOWN.get).value(JOB, tree)
        report.raise_any()
    except JobErrors:
        return False
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_example_fits(file: Path) -> None:
    assert schema_takes(yaml.safe_load(file.read_text()))


def values(field: Field) -> st.SearchStrategy[Any]:
    """What the field takes, its edges and null among it."""
    given_values = _values(field)
    return given_values | st.none() if field.default is None else given_values


def _values(field: Field) -> st.SearchStrategy[Any]:
    match field:
        case Section():
            whole = st.fixed_dictionaries(
                {name: values(each) for name, each in field.own_fields.items() if each.required},
                optional={name: values(each) for name, each in field.own_fields.items() if not each.required},
            )
            return _values(field.fields[field.short_for]) | whole if field.short_for else whole
        case Table():
            return st.dictionaries(st.text("ab-", min_size=1, max_size=3), values(field.item))
        case Many():
            return st.lists(values(field.item), min_size=field.at_least, max_size=3)
        case Free():
            return st.dictionaries(st.just("any"), st.integers(0, 9) | st.lists(st.none()))
    return _numbers(field) if isinstance(field, Number) else _words(field)


def _words(field: Field) -> st.SearchStrategy[Any]:
    match field:
        case Name():
            return st.just("known")
        case Text():
            return st.sampled_from(field.options or ("some text", "x"))
        case Flag():
            return st.booleans()
    return st.sampled_from(["", "text", 0, -1.5])


def _numbers(field: Number) -> st.SearchStrategy[Any]:
    match field:
        case Quantity():
            units = st.sampled_from(
                [unit for unit, worth in field.units.items() if field.low <= 3 * worth <= field.high]
            )
            texts = st.tuples(units, st.sampled_from(["3{}", "3.0 {}"])).map(lambda each: each[1].format(each[0]))
            return texts | texts.map(str.lower) | st.sampled_from([field.low, field.high])
        case Whole():
            return st.integers(int(field.low), int(min(field.high, 2**40)))
    return st.floats(max(field.low, -1e300), min(field.high, 1e300))


@settings(max_examples=100, deadline=None)
@given(job=values(JOB), short=st.booleans())
def test_what_daybreak_takes_the_schema_takes(job: dict[str, Any], short: bool) -> None:
    if short:
        job = job | {"data_file": job["data"].pop("file")}
    assert daybreak_takes(job), "or the sample is not one"
    assert schema_takes(job)


@pytest.mark.parametrize(
    "changes",
    [
        {"workflow": None},
        {"workflow": ""},
        {"workflow": 5},
        {"workflows": "known"},
        {"strategy": ""},
        {"strategy": {}},
        {"strategy": {"name": "known", "grids": {}}},
        {"strategy": {"name": "known", "grid": {"fast": []}}},
        {"strategy": {"name": "known", "grid": {"fast": 5}}},
        {"strategy": {"name": "known", "grid": {"fast": [None]}}},
        {"strategy": {"name": "known", "params": {"fast": [5]}}},
        {"strategy": {"name": "known", "constraints": None}},
        {"data_file": None},
        {"data_file": ""},
        {"data": {"file": "SPY.csv"}},
        {"data": "SPY.csv"},
        {"data": {"prices": "net"}},
        {"windows": None},
        {"windows": {"train": 0}},
        {"windows": {"train": 1.5}},
        {"windows": {"train": "all"}},
        {"windows": {"purge": None}},
        {"windows": {"anchored": "yes"}},
        {"windows": {"anchored": 1}},
        {"execution": {"cash": "100"}},
        {"execution": {"cash": True}},
        {"execution": {"commission": {"bps": 10_001}}},
        {"execution": {"commission": 5}},
        {"resources": {"memory": "512 Mbit"}},
        {"resources": {"memory": "MiB"}},
        {"resources": {"memory": 1}},
        {"resources": {"time": None}},
        {"objective": "luck"},
        {"extractors": "fills"},
        {"phases": {"a": {}}},
        {"phases": {"a": {"topology": "known", "config": []}}},
        {"on_finish": [""]},
    ],
    ids=str,
)
def test_what_the_schema_refuses_daybreak_refuses(changes: dict[str, Any]) -> None:
    job = SMALLEST | changes
    assert not schema_takes(job)
    assert not daybreak_takes(job)


@pytest.mark.parametrize("missing", list(SMALLEST))
def test_what_is_required_is_required_by_both(missing: str) -> None:
    job = {key: value for key, value in SMALLEST.items() if key != missing}
    assert schema_takes(SMALLEST)
    assert not schema_takes(job)
    assert not daybreak_takes(job)


def test_a_matrix_may_bring_what_is_required(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("SPY.csv", "QQQ.csv")]
    for file in files:
        Path(file).touch()
    job = {"workflow": "backtest", "strategy": {"params": {}}}
    matrix = {"data.file": files, "strategy.name": ["sma_cross"]}
    cells = parse_jobs(job | {"matrix": matrix})
    assert isinstance(cells, tuple)
    assert len(cells) == 2
    assert schema_takes(job | {"matrix": matrix})
    assert not schema_takes(job)


def test_components_that_a_plugin_brings_are_allowed() -> None:
    assert schema_takes(SMALLEST | {"strategy": "of_a_plugin"})


def test_every_key_is_described_with_its_default() -> None:
    def described(section: Section, schema: dict[str, Any]) -> None:
        for name, field in section.own_fields.items():
            property_ = schema["properties"][name]
            assert property_["description"] == field.doc
            if isinstance(field, Section) and not field.short_for:
                described(field, property_)
            elif isinstance(field.default, str | int | float):
                assert property_["default"] == field.default

    described(JOB, json.loads(json.dumps(SCHEMA)))

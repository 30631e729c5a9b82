"""The request: it reads back as itself, and its digest covers what decides the trace's bytes, no more and no less."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase_worker.contract.errors import ConfigError
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.request import InputTrace, Limits, PhaseRequest, Plugin, plugin_digest

REQUEST = PhaseRequest(
    workflow_id="wf",
    phase="test-1",
    topology="backtest",
    config={"strategy": {"name": "sma_cross", "params": {"fast": 10, "slow": 30}}, "cash": 100_000.0},
    traces_dir=Path("traces"),
    limits=Limits(memory_bytes=1 << 30, time_s=600.0),
    inputs={"train-1": InputTrace(Path("traces/wf_train-1.jsonl"), "aa")},
    extractors=("fills",),
    plugins=(Plugin(Path("mine.py"), "bb"),),
    sources={"cc": Path("data/SPY.csv")},
    attempt=2,
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
CONFIGS = st.dictionaries(
    st.text(),
    st.recursive(st.none() | st.booleans() | st.text() | NUMBERS, lambda inner: st.lists(inner, max_size=3)),
    max_size=4,
)


def changed(document: dict[str, Any]) -> bytes:
    return orjson.dumps(orjson.loads(REQUEST.to_json()) | document)


def test_a_request_reads_back_as_itself() -> None:
    again = PhaseRequest.from_json(REQUEST.to_json())
    assert again == REQUEST
    assert again.digest == REQUEST.digest


@given(config=CONFIGS)
def test_any_config_reads_back_with_the_same_digest(config: dict[str, Any]) -> None:
    request = replace(REQUEST, config=config)
    assert PhaseRequest.from_json(request.to_json()).digest == request.digest


@pytest.mark.parametrize(
    "change",
    [
        {"topology": "parameter_sweep"},
        {"config": REQUEST.config | {"cash": 100_001.0}},
        {"config": REQUEST.config | {"seed": None}},
        {"config": dict(reversed(REQUEST.config.items()))},
        {"inputs": {"train-1": InputTrace(Path("traces/wf_train-1.jsonl"), "ab")}},
        {"inputs": {"train-2": InputTrace(Path("traces/wf_train-1.jsonl"), "aa")}},
        {"inputs": {}},
        {"plugins": (Plugin(Path("mine.py"), "bc"),)},
        {"plugins": ()},
    ],
)
def test_what_decides_the_bytes_changes_the_digest(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).digest != REQUEST.digest


@pytest.mark.parametrize(
    "change",
    [
        {"workflow_id": "other"},
        {"phase": "other"},
        {"attempt": 3},
        {"traces_dir": Path("/elsewhere")},
        {"limits": Limits(1, 1.0)},
        {"extractors": ()},
        {"sources": {"cc": Path("/elsewhere/SPY.csv")}},
        {"inputs": {"train-1": InputTrace(Path("/elsewhere/wf_train-1.jsonl"), "aa")}},
        {"plugins": (Plugin(Path("/elsewhere/mine.py"), "bb"),)},
    ],
)
def test_where_and_how_it_runs_does_not_change_the_digest(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).digest == REQUEST.digest


def test_the_digest_is_of_the_identity_that_the_trace_records() -> None:
    assert set(REQUEST.identity) == {"engine_version", "topology", "config", "inputs", "plugins"}
    assert REQUEST.identity["inputs"] == {"train-1": "aa"}
    assert re.fullmatch("[0-9a-f]{64}", REQUEST.digest)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"request"',
        b"{}",
        changed({"limits": {}}),
        changed({"limits": None}),
        changed({"inputs": []}),
        changed({"inputs": {"train-1": "trace"}}),
        changed({"inputs": None}),
        changed({"plugins": [1]}),
        changed({"sources": []}),
        changed({"extractors": None}),
        changed({"traces_dir": None}),
    ],
)
def test_what_is_no_request_is_refused_with_its_place(content: bytes) -> None:
    with pytest.raises(ConfigError, match="not a phase request") as caught:
        PhaseRequest.from_json(content, "wf/test-1.request.json")
    assert str(caught.value).startswith("wf/test-1.request.json: error E-CONFIG")
    assert caught.value.exit_code is ExitCode.CONFIG


def test_a_request_of_another_schema_is_refused() -> None:
    with pytest.raises(ConfigError, match="request schema 99, this version reads 2"):
        PhaseRequest.from_json(changed({"schema": 99}))


@pytest.mark.parametrize("change", [{"topology": "parameter_sweep"}, {"config": {}}, {"digest": "0" * 64}])
def test_an_edited_request_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="it was edited"):
        PhaseRequest.from_json(changed(change))


def test_the_token_names_the_attempt() -> None:
    assert REQUEST.token == "wf.test-1.2"


def test_a_request_knows_its_run_s_files() -> None:
    assert REQUEST.paths.trace(REQUEST.phase) == Path("traces/wf_test-1.jsonl")


def test_a_plugin_s_digest_covers_the_names_and_the_content_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    first, second = tmp_path / "a.py", tmp_path / "folder" / "b.py"
    first.write_text("x = 1")
    second.write_text("y = 1")
    digests = {plugin_digest(tmp_path), plugin_digest(first)}
    second.write_text("y = 2")
    digests.add(plugin_digest(tmp_path))
    second.rename(tmp_path / "folder" / "c.py")
    digests.add(plugin_digest(tmp_path))
    assert len(digests) == 4
    before = plugin_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert plugin_digest(tmp_path) == before


def test_a_plugin_s_digest_does_not_depend_on_where_it_is(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "mine.py").write_text("x = 1")
    assert plugin_digest(tmp_path / "here") == plugin_digest(tmp_path / "there")
    assert plugin_digest(tmp_path / "here" / "mine.py") == plugin_digest(tmp_path / "there" / "mine.py")

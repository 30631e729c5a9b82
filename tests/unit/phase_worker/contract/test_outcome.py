"""The outcome: it reads back as itself, and what is no outcome is not taken for one."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from phase_worker.contract.outcome import ErrorReport, PhaseOutcome, PhaseResources, PhaseState, read_outcome

COMPLETED = PhaseOutcome(
    workflow_id="wf",
    phase="train",
    attempt=1,
    status=PhaseState.COMPLETED,
    request_digest="aa",
    trace="traces/wf_train.jsonl",
    digest="bb",
    events=12,
    exit_code=0,
    warnings=("a spike",),
    extracted={"fills": 3},
    resources=PhaseResources(1.5, 1.25, 50_000_000),
    host="node1",
    pid=123,
    started_at="2024-01-01T00:00:00Z",
    finished_at="2024-01-01T00:00:02Z",
)
FAILED = PhaseOutcome(
    "wf", "train", 2, PhaseState.FAILED, "aa", exit_code=70, error=ErrorReport("E-FAILED", "ZeroDivisionError")
)


def changed(document: dict[str, Any]) -> bytes:
    return orjson.dumps(orjson.loads(COMPLETED.to_json()) | document)


@pytest.mark.parametrize("outcome", [COMPLETED, FAILED])
def test_an_outcome_reads_back_as_itself(outcome: PhaseOutcome, tmp_path: Path) -> None:
    path = tmp_path / "outcome.json"
    path.write_bytes(outcome.to_json())
    assert PhaseOutcome.from_json(outcome.to_json()) == read_outcome(path) == outcome


@pytest.mark.parametrize("state", PhaseState)
def test_only_a_completed_phase_is_completed(state: PhaseState) -> None:
    outcome = PhaseOutcome("wf", "train", 1, state, "aa")
    assert outcome.completed is (state is PhaseState.COMPLETED)
    assert PhaseOutcome.from_json(outcome.to_json()).status is state


def test_the_states_are_those_of_the_glossary() -> None:
    assert [str(state) for state in PhaseState] == [
        "pending",
        "running",
        "completed",
        "failed",
        "timed_out",
        "skipped",
    ]


def test_no_file_is_no_outcome(tmp_path: Path) -> None:
    assert read_outcome(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{}",
        b'{"schema":1}',
        COMPLETED.to_json()[:100],
        changed({"schema": 2}),
        changed({"status": "asleep"}),
        changed({"resources": None}),
        changed({"resources": {"horsepower": 1}}),
        changed({"warnings": None}),
        changed({"error": "it broke"}),
        changed({"unheard_of": 1}),
    ],
)
def test_what_is_no_outcome_is_not_taken_for_one(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PhaseOutcome.from_json(content)
    path = tmp_path / "outcome.json"
    path.write_bytes(content)
    assert read_outcome(path) is None

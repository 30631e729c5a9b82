"""A phase is done if its outcome, its extracted results and its sealed trace all say so; else a process must look."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.resume import completed_outcome
from phase_worker.contract import PhaseRequest, PhaseState, read_outcome
from tests.fakes.finished_phases import finish
from tests.fakes.planned_runs import chain_of, requests


@pytest.fixture
def request_done(tmp_path: Path) -> PhaseRequest:
    """A request whose phase is done."""
    request = requests(tmp_path, *chain_of("train"))["train"]
    finish(request, {"fills": [{"price": 1.0}]})
    return request


def test_what_an_earlier_run_completed_is_taken_as_it_was(request_done: PhaseRequest) -> None:
    outcome = completed_outcome(request_done)
    assert outcome is not None
    assert outcome == read_outcome(request_done.paths.outcome("train"))
    assert outcome.extracted == {"fills": 1}


def test_a_later_attempt_at_the_same_request_finds_it_done(request_done: PhaseRequest) -> None:
    assert completed_outcome(replace(request_done, attempt=2)) is not None


def test_a_phase_that_was_never_run_is_not_done(tmp_path: Path) -> None:
    assert completed_outcome(requests(tmp_path, *chain_of("train"))["train"]) is None


def test_another_request_under_the_same_name_is_not_done(request_done: PhaseRequest) -> None:
    assert completed_outcome(replace(request_done, config={"word": "other"})) is None


def test_other_extractors_have_something_left_to_do(request_done: PhaseRequest) -> None:
    assert completed_outcome(replace(request_done, extractors=("fills", "orders"))) is None


def remove_outcome(request: PhaseRequest) -> None:
    request.paths.outcome("train").unlink()


def fail_outcome(request: PhaseRequest) -> None:
    outcome = read_outcome(request.paths.outcome("train"))
    assert outcome is not None
    request.paths.outcome("train").write_bytes(replace(outcome, status=PhaseState.FAILED).to_json())


def garble_outcome(request: PhaseRequest) -> None:
    request.paths.outcome("train").write_bytes(b"{")


def remove_extracted(request: PhaseRequest) -> None:
    request.paths.extracted("train").unlink()


def remove_trace(request: PhaseRequest) -> None:
    request.paths.trace("train").unlink()


def truncate_trace(request: PhaseRequest) -> None:
    trace = request.paths.trace("train")
    trace.write_bytes(trace.read_bytes()[:-20])


def unseal_trace(request: PhaseRequest) -> None:
    trace = request.paths.trace("train")
    trace.write_bytes(trace.read_bytes().splitlines(keepends=True)[0])


def edit_trace(request: PhaseRequest) -> None:
    trace = request.paths.trace("train")
    trace.write_bytes(trace.read_bytes().replace(b"TRACE_OPEN", b"TRACE_0PEN"))


def exchange_trace(request: PhaseRequest) -> None:
    """Another phase's sealed trace, whole in itself."""
    other = replace(request, phase="other", config={"word": "other"})
    finish(other)
    other.paths.trace("other").replace(request.paths.trace("train"))


@pytest.mark.parametrize(
    "damage",
    [
        remove_outcome,
        fail_outcome,
        garble_outcome,
        remove_extracted,
        remove_trace,
        truncate_trace,
        unseal_trace,
        edit_trace,
        exchange_trace,
    ],
)
def test_a_process_must_look_when_anything_is_missing_or_changed(
    request_done: PhaseRequest, damage: Callable[[PhaseRequest], None]
) -> None:
    damage(request_done)
    assert completed_outcome(request_done) is None


def test_what_a_condition_skipped_is_done_and_what_a_failure_skipped_is_not(request_done: PhaseRequest) -> None:
    path = request_done.paths.outcome("train")
    completed = completed_outcome(request_done)
    assert completed is not None
    skipped = replace(completed, status=PhaseState.SKIPPED)
    path.write_bytes(skipped.to_json())
    assert completed_outcome(request_done) == skipped
    path.write_bytes(replace(skipped, digest="").to_json())
    assert completed_outcome(request_done) is None

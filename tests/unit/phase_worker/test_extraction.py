"""Of a small trace everything is extracted with it; of a large one, what there is many of when it is asked for."""

from pathlib import Path

import pytest

from orchestrator.results import extracted_results
from phase_worker.contract import DaybreakError, PhaseOutcome, PhaseRequest
from tests.fakes.real_phases import request_for, run_process

EXTRACTORS = ("fills", "portfolio_metrics")


def chatty(folder: Path, fills: int) -> tuple[PhaseRequest, PhaseOutcome]:
    config = {"fills": fills, "trace": {"level": "full", "bars": False}}
    request = request_for(folder, "chatty", config=config, extractors=EXTRACTORS)
    return request, run_process(request).outcome


def test_everything_of_a_small_trace_is_extracted_with_it(tmp_path: Path) -> None:
    request, outcome = chatty(tmp_path, 10)
    assert (outcome.extracted, outcome.deferred) == ({"fills": 10, "portfolio_metrics": 1}, {})
    assert [fill["number"] for fill in extracted_results(request.paths, outcome)["fills"]] == list(range(10))


def test_the_fills_of_a_large_trace_are_extracted_when_they_are_asked_for(tmp_path: Path) -> None:
    request, outcome = chatty(tmp_path, 9000)
    assert (outcome.extracted, outcome.deferred) == ({"portfolio_metrics": 1}, {"fills": "fills"})
    found = extracted_results(request.paths, outcome)
    assert sorted(found) == sorted(EXTRACTORS)
    assert len(found) == len(EXTRACTORS)
    assert found["portfolio_metrics"][0]["sharpe_ratio"] == 1.5
    assert [fill["number"] for fill in found["fills"]] == list(range(9000))


def test_a_large_trace_that_was_changed_afterwards_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    request, outcome = chatty(tmp_path, 9000)
    trace = request.paths.trace(request.phase)
    trace.write_bytes(trace.read_bytes().replace(b'"number":77,', b'"number":78,'))
    with pytest.raises(DaybreakError, match="changed after it was sealed"):
        extracted_results(request.paths, outcome)["fills"]

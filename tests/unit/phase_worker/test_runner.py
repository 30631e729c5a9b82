"""A phase leaves one sealed trace, which depends on its request alone."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from phase_worker.contract.condition import Condition, Gate
from phase_worker.contract.errors import ConfigError
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.outcome import PhaseState
from phase_worker.contract.request import PhaseRequest
from phase_worker.contract.seal import read_seal
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import random_walk, write_csv
from tests.fakes.real_phases import (
    market_requests,
    reading,
    request_for,
    run,
    run_process,
    trace_bytes,
    with_words,
)


def test_a_phase_leaves_a_sealed_trace_that_opens_with_its_request(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    result = run(request)
    events = TraceQuery(request.paths.trace("speak")).filter_events()
    assert [event.event_type for event in events] == ["TRACE_OPEN", "WORD", "ANSWER", "WORD", "ANSWER"]
    assert [event.causation_id for event in events] == [None, None, 1, None, 3]
    assert (result.seal, result.seal.events) == (read_seal(request.paths.trace("speak")), 5)
    opening = events[0].payload
    assert (opening["request_digest"], opening["topology"]) == (request.digest, "announce")
    assert (opening["config"], opening["inputs"]) == (request.config, {})


def test_a_sealed_trace_leaves_no_partial_one(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    run(request)
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == [
        "speak.extracted.jsonl",
        "wf-1_speak.jsonl",
    ]


def test_a_phase_that_is_run_again_keeps_its_trace_and_gives_the_same_result(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    first = run(request)
    before = request.paths.trace("speak").stat()
    assert run(replace(request, attempt=2)) == first
    after = request.paths.trace("speak").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_phase_that_is_done_needs_its_inputs_no_more(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    second = reading(tmp_path, first)
    done = run(second)
    first.paths.trace("speak").unlink()
    assert run(second) == done


def test_an_attempt_that_another_one_overtakes_takes_the_others_trace_for_its_own(tmp_path: Path) -> None:
    first = request_for(tmp_path / "first", "overtaken")
    config = {
        "finished": str(first.paths.trace("speak")),
        "final": str(replace(first, traces_dir=tmp_path / "second").paths.trace("speak")),
        "trace": {"level": "full"},
    }
    first, second = (replace(first, config=config, traces_dir=tmp_path / name) for name in ("first", "second"))
    assert run(first) == run(second)
    assert trace_bytes(first) == trace_bytes(second)
    assert list(second.paths.run_dir.glob("*.partial.*")) == []


def test_one_request_gives_the_same_bytes_anywhere_and_at_any_attempt(tmp_path: Path) -> None:
    here, there = request_for(tmp_path / "here"), request_for(tmp_path / "there", attempt=7, workflow_id="other")
    run(here)
    run(there)
    assert trace_bytes(here) == trace_bytes(there)


def test_another_configuration_gives_another_trace(tmp_path: Path) -> None:
    here, there = request_for(tmp_path / "here"), with_words(request_for(tmp_path / "there"), "north", "west")
    run(here)
    run(there)
    assert trace_bytes(here) != trace_bytes(there)


def test_a_phase_reads_the_sealed_trace_of_the_phase_it_depends_on(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    second = reading(tmp_path, first)
    run(second)
    (read,) = TraceQuery(second.paths.trace("read")).filter_events(event_type="READ")
    assert read.payload == {"phase": "speak", "events": 5}


def test_extracted_results_are_written_by_category_beside_the_trace(tmp_path: Path) -> None:
    data = write_csv(tmp_path, random_walk(1, 60))
    request = market_requests(tmp_path, data)[1]
    result = run(request)
    lines = [orjson.loads(line) for line in request.paths.extracted("backtest").read_bytes().splitlines()]
    assert {line["category"]: len(line["results"]) for line in lines} == result.extracted
    metrics = TraceQuery(request.paths.trace("backtest")).filter_events(event_type="PORTFOLIO_METRICS")
    by_category = {line["category"]: line["results"] for line in lines}
    assert by_category["portfolio_metrics"][0]["final_equity"] == metrics[0].payload["final_equity"]
    assert result.extracted["fills"] == metrics[0].payload["fills"] > 0


def test_a_request_without_extractors_extracts_nothing(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    assert run(request).extracted == {}
    assert request.paths.extracted("speak").read_bytes() == b""


def test_a_phase_alone_gives_the_bytes_that_it_gives_after_another_phase(tmp_path: Path) -> None:
    data = write_csv(tmp_path, random_walk(1, 60))
    _, alone = market_requests(tmp_path / "alone", data)
    assert run_process(alone).code == ExitCode.COMPLETED

    first, after = market_requests(tmp_path / "processes", data)
    assert run_process(first).code == run_process(after).code == ExitCode.COMPLETED
    assert trace_bytes(after) == trace_bytes(alone)

    first, within = market_requests(tmp_path / "one-process", data)
    run(first)
    run(within)
    assert trace_bytes(within) == trace_bytes(alone)


def test_a_topology_that_publishes_nothing_fails(tmp_path: Path) -> None:
    request = request_for(tmp_path, "silent")
    with pytest.raises(ConfigError, match="topology 'silent' published no event"):
        run(request)
    assert not request.paths.trace("speak").exists()


def gated(folder: Path, first: PhaseRequest, word: str) -> PhaseRequest:
    """The request of a phase that reads the trace of `first`, where that said `word`."""
    condition = Condition((first.phase,), "words", "word", equals=word, rows="first")
    return replace(reading(folder, first), gate=Gate((condition,), (first.phase,)))


def test_a_phase_whose_condition_does_not_hold_leaves_a_sealed_trace_that_says_so(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    request = gated(tmp_path, first, "south")
    result = run(request)
    assert result.skipped == "word in the words of 'speak' is 'north', not equal to 'south'"
    opening, said = TraceQuery(request.paths.trace("read")).filter_events()
    assert (said.event_type, said.payload) == ("PHASE_SKIPPED", {"reason": result.skipped})
    assert opening.payload["gate"]["when"][0]["equals"] == "south"
    assert run(replace(request, attempt=2)) == result


def test_a_phase_whose_condition_holds_runs(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    request = gated(tmp_path, first, "north")
    assert run(request).skipped is None
    assert list(TraceQuery(request.paths.trace("read")).filter_events(event_type="READ"))


def test_a_skipped_phase_has_its_own_outcome_and_no_error_code(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    ended = run_process(gated(tmp_path, first, "south"))
    assert (ended.code, ended.outcome.status, ended.outcome.passed_over) == (0, PhaseState.SKIPPED, True)
    assert ended.message == "word in the words of 'speak' is 'north', not equal to 'south'"


def test_what_reads_of_a_skipped_phase_alone_is_skipped_too(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    second = gated(tmp_path, first, "south")
    run(second)
    third = replace(reading(tmp_path, second), phase="third", gate=Gate((), ("read",)))
    assert run(third).skipped == "'read' was skipped"

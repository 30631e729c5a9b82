"""A phase process ends with an exit code and an outcome that say what went wrong, where, and what to do."""

from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.outcome import PhaseState
from phase_worker.contract.request import Plugin, plugin_digest
from phase_worker.contract.seal import read_seal, request_digest_of
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import random_walk, write_csv
from tests.fakes.real_phases import (
    TOPOLOGIES,
    market_requests,
    reading,
    request_for,
    run,
    run_process,
    start,
    with_words,
)


def test_a_completed_phase_says_so_in_its_outcome(tmp_path: Path) -> None:
    request = request_for(tmp_path, attempt=3)
    ended = run_process(request)
    seal = read_seal(request.paths.trace("speak"))
    outcome = ended.outcome
    assert (ended.code, outcome.exit_code, outcome.status) == (0, 0, PhaseState.COMPLETED)
    assert (outcome.workflow_id, outcome.phase, outcome.attempt) == ("wf-1", "speak", 3)
    assert (outcome.digest, outcome.events, outcome.request_digest) == (seal.sha256, 5, request.digest)
    assert outcome.trace == str(request.paths.trace("speak"))
    assert outcome.error is None
    assert outcome.resources.wall_s > 0.0
    assert outcome.resources.peak_memory_bytes > 1 << 20


def test_a_handler_that_raises_fails_the_phase_and_is_named_with_its_event(tmp_path: Path) -> None:
    request = request_for(tmp_path, "deaf")
    ended = run_process(request)
    assert (ended.code, ended.outcome.status) == (ExitCode.FAILED, PhaseState.FAILED)
    assert ended.message.startswith("ValueError: cannot hear thunder (in deaf.<locals>.stumble, handling WORD #2 of ")
    assert str(request.paths.log("speak")) in ended.message
    assert "Traceback" in ended.log


def test_a_failed_phase_keeps_its_partial_trace_and_has_no_sealed_one(tmp_path: Path) -> None:
    request = request_for(tmp_path, "deaf", attempt=2)
    run_process(request)
    partial = request.paths.partial_trace("speak", 2)
    kept = TraceQuery(partial, allow_partial=True).filter_events()
    assert [event.event_type for event in kept] == ["TRACE_OPEN", "NOISE", "WORD"]
    assert not request.paths.trace("speak").exists()


def test_a_phase_that_needs_more_memory_than_its_limit_says_so(tmp_path: Path) -> None:
    ended = run_process(request_for(tmp_path, "greedy"))
    assert (ended.code, ended.outcome.status) == (ExitCode.OUT_OF_MEMORY, PhaseState.FAILED)
    assert "more memory than its limit of 1024 MiB. Raise resources.memory" in ended.message


@pytest.mark.parametrize("way", ["mapping", "extension module"])
def test_memory_that_the_kernel_cannot_give_is_a_lack_of_memory_too(tmp_path: Path, way: str) -> None:
    config = {"way": way, "trace": {"level": "full", "bars": False}}
    ended = run_process(request_for(tmp_path, "squeezed", config=config))
    assert ended.code == ExitCode.OUT_OF_MEMORY
    assert "Raise resources.memory" in ended.message


def test_a_full_disk_is_a_failure_that_may_pass(tmp_path: Path) -> None:
    ended = run_process(request_for(tmp_path, "crowded"))
    assert ended.code == ExitCode.TRANSIENT
    assert "No space left on device" in ended.message


def test_a_file_that_exists_in_a_topologys_way_is_the_topologys_failure(tmp_path: Path) -> None:
    ended = run_process(request_for(tmp_path, "clumsy"))
    assert ended.code == ExitCode.FAILED
    assert "FileExistsError: [Errno 17] File exists: 'own.txt'" in ended.message


def test_an_unknown_topology_is_the_users_mistake(tmp_path: Path) -> None:
    ended = run_process(request_for(tmp_path, "anounce"))
    assert ended.code == ExitCode.CONFIG
    assert "unknown topology 'anounce'" in ended.message
    assert "Did you mean 'announce'?" in ended.message
    assert "Traceback" not in ended.log


def test_an_input_that_is_missing_is_refused(tmp_path: Path) -> None:
    ended = run_process(reading(tmp_path, request_for(tmp_path)))
    assert ended.code == ExitCode.INPUT
    assert "wf-1_speak.jsonl: error E-TRACE: there is no such trace" in ended.message


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[: content.rindex(b'{"event_type":"SEAL"')], "is not sealed"),
        (lambda content: content[:-20], "is not sealed: the last line is cut off"),
        (lambda content: content.replace(b"north", b"nerth"), "changed after it was sealed"),
        (lambda content: b"", "is not sealed"),
    ],
    ids=["unsealed", "truncated", "changed", "empty"],
)
def test_an_input_that_is_not_as_it_was_sealed_is_refused(damage: Any, said: str, tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(first)
    trace = first.paths.trace("speak")
    trace.write_bytes(damage(trace.read_bytes()))
    second = reading(tmp_path, first)
    ended = run_process(second)
    assert ended.code == ExitCode.INPUT
    assert said in ended.message
    assert not second.paths.trace("read").exists()


def test_an_input_of_another_request_is_refused(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(with_words(first, "east"))
    ended = run_process(reading(tmp_path, first))
    assert ended.code == ExitCode.INPUT
    assert f"but {first.digest[:12]}… is needed: it belongs to another job" in ended.message


def test_a_trace_of_another_request_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    first = request_for(tmp_path)
    run(with_words(first, "east"))
    ended = run_process(first)
    assert (ended.code, ended.outcome.status) == (ExitCode.CONFIG, PhaseState.FAILED)
    assert "E-IDTAKEN" in ended.message
    assert request_digest_of(first.paths.trace("speak")) != first.digest


def test_a_changed_trace_of_ones_own_is_not_taken_for_done(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    run(request)
    trace = request.paths.trace("speak")
    trace.write_bytes(trace.read_bytes().replace(b"north", b"nerth"))
    assert run_process(request).code == ExitCode.INPUT


def test_market_data_that_changed_since_the_plan_is_refused(tmp_path: Path) -> None:
    data = write_csv(tmp_path, random_walk(1, 60))
    request, _ = market_requests(tmp_path, data)
    data.write_bytes(data.read_bytes() + b"\n")
    ended = run_process(request)
    assert ended.code == ExitCode.DATA
    assert f"{data}: " in ended.message


def test_a_plugin_that_changed_since_the_plan_is_refused(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_bytes(TOPOLOGIES.read_bytes())
    planned = request_for(tmp_path, plugins=(Plugin(plugin, plugin_digest(plugin)),))
    plugin.write_bytes(TOPOLOGIES.read_bytes() + b"\n")
    ended = run_process(planned)
    assert ended.code == ExitCode.CONFIG
    assert "the plugin changed since the run was planned" in ended.message


def test_an_unknown_extractor_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    request = request_for(tmp_path, extractors=("filsl",))
    ended = run_process(request)
    assert ended.code == ExitCode.CONFIG
    assert "Did you mean 'fills'?" in ended.message
    assert not request.paths.trace("speak").exists()


def test_a_request_that_was_edited_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "speak.request.json"
    file.write_bytes(request_for(tmp_path).to_json().replace(b"north", b"nerth"))
    process = start(str(file))
    assert process.returncode == ExitCode.CONFIG
    assert f"{file}: " in process.stderr
    assert "it was edited" in process.stderr
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("arguments", [[], ["one.json", "two.json"]])
def test_anything_but_one_request_is_answered_with_the_usage(arguments: list[str]) -> None:
    process = start(*arguments)
    assert process.returncode == ExitCode.CONFIG
    assert process.stderr == "usage: python -m phase_worker REQUEST\n"


def test_a_request_file_that_is_missing_is_named(tmp_path: Path) -> None:
    process = start(str(tmp_path / "absent.json"))
    assert process.returncode == ExitCode.CONFIG
    assert "absent.json" in process.stderr
    assert "Traceback" not in process.stderr

"""Slots, shards, orders of phases and jobs, and a resume after a kill change no number: tests notice where they do."""

from pathlib import Path

import pytest

from tests.fakes.mutated_copy import Edit
from tests.fakes.pitfalls import Pitfall, assert_noticed

UNIT = "tests/unit/topologies"
PITFALLS = (
    Pitfall(
        "slots that change a number",
        (
            Edit(
                "topologies/parameter_sweep.py",
                '"trials": of}',
                '"trials": of // min(context.workers, 2)}',
            ),
        ),
        ("tests/e2e/test_same_bytes.py::test_sweeps_that_compute_in_several_processes_give_the_same_bytes",),
    ),
    Pitfall(
        "shards that change a number: each draws its paths anew",
        (Edit("topologies/bar_bootstrap.py", 'drawn["seed"], first + number)', 'drawn["seed"], number)'),),
        (f"{UNIT}/test_bar_bootstrap.py::test_a_path_is_the_same_in_whichever_shard_it_is",),
    ),
    Pitfall(
        "an order of jobs that changes a number: the second has the bars as the first has read them",
        (Edit("topologies/market.py", "{spec['sha256']}-{how}-{_CACHE_VERSION}", "{spec['sha256']}-{_CACHE_VERSION}"),),
        (f"{UNIT}/test_market_files.py::test_each_way_of_reading_a_file_has_bars_of_its_own_in_the_cache",),
    ),
    Pitfall(
        "an order of phases that changes a number: one is told of another by the directory that they share",
        (
            Edit(
                "phase_worker/runner.py",
                'opening: dict[str, Any] = {"schema": TRACE_SCHEMA,',
                'opening: dict[str, Any] = {"number": len(list(request.traces_dir.glob("*.jsonl"))), '
                '"schema": TRACE_SCHEMA,',
            ),
        ),
        ("tests/e2e/test_same_bytes.py::test_a_phase_gives_the_same_bytes_alone_and_after_another",),
    ),
    Pitfall(
        "a resume that takes another request's trace for its own",
        (Edit("orchestrator/resume.py", " or outcome.request_digest != request.digest", ""),),
        ("tests/unit/orchestrator/test_resume.py::test_another_request_under_the_same_name_is_not_done",),
    ),
    Pitfall(
        "a resume after kill -9 that changes a number: it goes on in the trace that was cut off",
        (Edit("phase_worker/tracing/trace_file.py", "os.O_CREAT | os.O_TRUNC", "os.O_CREAT | os.O_APPEND"),),
        (
            "tests/unit/phase_worker/tracing/test_tracer.py::test_what_a_killed_attempt_left_is_no_part_of_the_next_trace",
        ),
    ),
    Pitfall(
        "a resume after kill -9 that changes a number: a trace that was changed is taken for the phase's",
        (
            Edit(
                "orchestrator/resume.py",
                "return (seal.sha256, hashlib.sha256(extracted).hexdigest()) ==",
                "return True or () ==",
            ),
        ),
        ("tests/unit/orchestrator/test_resume.py::test_a_process_must_look_when_anything_is_missing_or_changed",),
    ),
)


@pytest.mark.slow  # a run of pytest for each
@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda pitfall: pitfall.name)
def test_a_pitfall_is_noticed(pitfall: Pitfall, tmp_path: Path) -> None:
    assert_noticed(pitfall, tmp_path)

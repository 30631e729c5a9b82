"""The sequencer starts what is ready and has room, skips what a failure makes impossible, and repeats nothing."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from orchestrator.plan import Phase
from orchestrator.sequencer import Sequencer
from phase_worker.contract import ErrorReport, ExitCode, Limits, PhaseOutcome, PhaseRequest, RunPaths
from tests.fakes.finished_phases import finish
from tests.fakes.planned_runs import LIMITS, chain_of, requests
from tests.fakes.recording_executor import RecordingExecutor

DIAMONDS = "a b:a c:a d:b,c e f:e g:d,f"


def run(
    executor: RecordingExecutor, planned: dict[str, PhaseRequest], slots: int = 2, memory_bytes: int = 1 << 40
) -> dict[str, PhaseOutcome]:
    return Sequencer(executor, slots=slots, memory_bytes=memory_bytes).run(list(planned.values()))


def states(outcomes: dict[str, PhaseOutcome]) -> dict[str, str]:
    return {name: str(outcome.status) for name, outcome in outcomes.items()}


def skip_reason(outcome: PhaseOutcome) -> str:
    assert outcome.error is not None
    assert outcome.error.code == "E-SKIPPED"
    return outcome.error.message


@pytest.mark.parametrize(
    "choose",
    [
        pytest.param(lambda running: running[0], id="first-started-ends-first"),
        pytest.param(lambda running: running[-1], id="last-started-ends-first"),
        *(pytest.param(Random(seed).choice, id=f"random-{seed}") for seed in range(5)),
    ],
)
@pytest.mark.parametrize("slots", [1, 2, 8])
def test_every_phase_runs_once_after_those_it_depends_on_in_whatever_order_they_end(
    tmp_path: Path, slots: int, choose: Callable[[Sequence[str]], str]
) -> None:
    planned = requests(tmp_path, *chain_of(DIAMONDS))
    executor = RecordingExecutor(choose=choose)
    events: list[str] = []
    sequencer = Sequencer(
        executor, slots=slots, memory_bytes=1 << 40, on_outcome=lambda outcome: events.append(outcome.phase)
    )
    outcomes = sequencer.run(list(planned.values()))

    assert list(outcomes) == list(planned)
    assert all(outcome.completed for outcome in outcomes.values())
    assert sorted(executor.started) == sorted(planned)
    assert events == executor.ended
    for name, request in planned.items():
        for needed in request.inputs:
            assert executor.ended.index(needed) < executor.ended.index(name)


def test_a_phase_is_not_started_before_those_it_depends_on_have_ended(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("a b:a"))
    executor = RecordingExecutor(choose=lambda running: running[-1])
    run(executor, planned, slots=8)
    assert executor.ended == ["a", "b"]
    assert executor.most_phases == 1


@pytest.mark.parametrize("slots", [1, 3])
def test_no_more_phases_run_at_a_time_than_there_are_slots_and_no_fewer(tmp_path: Path, slots: int) -> None:
    executor = RecordingExecutor()
    run(executor, requests(tmp_path, *chain_of("a b c d e f")), slots=slots)
    assert executor.most_phases == slots


def test_running_phases_together_stay_within_the_memory(tmp_path: Path) -> None:
    executor = RecordingExecutor()
    run(executor, requests(tmp_path, *chain_of("a b c d e")), slots=8, memory_bytes=3 * LIMITS.memory_bytes - 1)
    assert executor.most_phases == 2
    assert executor.most_memory_bytes == 2 * LIMITS.memory_bytes


def test_a_phase_takes_a_slot_and_its_memory_for_each_of_its_workers(tmp_path: Path) -> None:
    parallel = {"limits": Limits(1000, 60.0, workers=3), "with_workers": frozenset({"announce"})}
    planned = requests(tmp_path, *chain_of("a b c d e"), **parallel)
    few_slots, little_memory, enough = RecordingExecutor(), RecordingExecutor(), RecordingExecutor()
    run(few_slots, planned, slots=8, memory_bytes=1 << 40)
    run(little_memory, planned, slots=99, memory_bytes=8999)
    run(enough, planned, slots=9, memory_bytes=9000)
    assert [executor.most_phases for executor in (few_slots, little_memory, enough)] == [2, 2, 3]


def test_a_phase_that_needs_more_than_all_the_memory_runs_alone(tmp_path: Path) -> None:
    executor = RecordingExecutor()
    planned = requests(tmp_path, *chain_of("a b c"), limits=Limits(1000, 60.0))
    outcomes = run(executor, planned, slots=8, memory_bytes=999)
    assert all(outcome.completed for outcome in outcomes.values())
    assert executor.most_phases == 1


@pytest.mark.parametrize("slots", [1, 4])
def test_all_dependents_of_a_failed_phase_are_skipped_with_the_reason_and_the_rest_is_finished(
    tmp_path: Path, slots: int
) -> None:
    executor = RecordingExecutor(failing={"b"})
    outcomes = run(executor, requests(tmp_path, *chain_of(DIAMONDS)), slots=slots)
    assert states(outcomes) == {
        "a": "completed",
        "b": "failed",
        "c": "completed",
        "d": "skipped",
        "e": "completed",
        "f": "completed",
        "g": "skipped",
    }
    assert sorted(executor.started) == ["a", "b", "c", "e", "f"]
    assert skip_reason(outcomes["d"]) == "not started: 'b' failed"
    assert skip_reason(outcomes["g"]) == "not started: 'd' skipped"


def test_a_skipped_phase_names_every_phase_that_it_lacks(tmp_path: Path) -> None:
    outcomes = run(RecordingExecutor(failing={"a", "b"}), requests(tmp_path, *chain_of("a b c d:a,b,c")))
    assert skip_reason(outcomes["d"]) == "not started: 'a' failed, 'b' failed"


def test_the_listener_hears_of_skipped_phases_too(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    def listen(outcome: PhaseOutcome) -> None:
        heard.append((outcome.phase, str(outcome.status)))

    sequencer = Sequencer(RecordingExecutor(failing={"a"}), slots=1, memory_bytes=1 << 40, on_outcome=listen)
    sequencer.run(list(requests(tmp_path, *chain_of("a b:a")).values()))
    assert heard == [("a", "failed"), ("b", "skipped")]


def test_what_is_sealed_is_not_run_again(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("a b:a c:b"))
    earlier = {name: finish(planned[name]) for name in ("a", "b")}
    executor = RecordingExecutor()
    outcomes = run(executor, planned)
    assert executor.started == ["c"]
    assert {name: outcomes[name] for name in earlier} == earlier


def test_a_phase_that_was_sealed_for_another_request_is_run(tmp_path: Path) -> None:
    (other,) = requests(tmp_path, Phase("a", "announce", {"word": "before"})).values()
    finish(other)
    executor = RecordingExecutor()
    run(executor, requests(tmp_path, *chain_of("a")))
    assert executor.started == ["a"]


def test_a_sealed_phase_is_skipped_when_one_that_it_depends_on_now_fails(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("a b:a"))
    finish(planned["b"])
    assert states(run(RecordingExecutor(failing={"a"}), planned)) == {"a": "failed", "b": "skipped"}


def test_nothing_to_run_is_no_outcome() -> None:
    executor = RecordingExecutor()
    assert run(executor, {}) == {}
    assert executor.started == []


def test_a_phase_that_the_executor_cannot_start_has_failed_for_now(tmp_path: Path) -> None:
    class Full(RecordingExecutor):
        def start(self, request: PhaseRequest) -> None:
            raise OSError("no more processes")

    outcomes = run(Full(), requests(tmp_path, *chain_of("a b:a")))
    assert states(outcomes) == {"a": "failed", "b": "skipped"}
    assert outcomes["a"].exit_code == ExitCode.TRANSIENT
    assert outcomes["a"].error == ErrorReport("E-TRANSIENT", "no more processes")


def test_a_fan_out_of_20_000_phases_takes_seconds(tmp_path: Path) -> None:
    leaves = [Phase(f"p{number}", "announce", {"number": number}, ("root",)) for number in range(20_000)]
    planned = requests(tmp_path, Phase("root", "announce", {}), *leaves)
    started_s = time.process_time()
    outcomes = run(RecordingExecutor(), planned, slots=64)
    assert time.process_time() - started_s < 10
    assert [outcome.completed for outcome in outcomes.values()] == [True] * 20_001


def test_a_chain_of_5_000_phases_needs_no_recursion(tmp_path: Path) -> None:
    chain = ["p0", *(f"p{number}:p{number - 1}" for number in range(1, 5_000))]
    outcomes = run(RecordingExecutor(failing={"p0"}), requests(tmp_path, *chain_of(" ".join(chain))))
    assert list(states(outcomes).values()) == ["failed", *["skipped"] * 4_999]


def test_batches_of_two_runs_share_the_slots_and_the_earlier_goes_first(tmp_path: Path) -> None:
    executor = RecordingExecutor()
    sequencer = Sequencer(executor, slots=2, memory_bytes=1 << 40)
    first = sequencer.add(list(requests(tmp_path, *chain_of("a b:a")).values()))
    second = sequencer.add(list(requests(tmp_path, *chain_of("c d:c"), paths=RunPaths(tmp_path, "wf-2")).values()))
    while first.active or second.active:
        sequencer.start_ready()
        sequencer.wait()
    assert executor.started == ["a", "c", "b", "d"]
    assert executor.most_phases == 2
    assert (list(first.outcomes), list(second.outcomes)) == (["a", "b"], ["c", "d"])


def test_a_phase_of_a_later_run_does_not_take_the_memory_that_an_earlier_one_waits_for(tmp_path: Path) -> None:
    executor = RecordingExecutor()
    sequencer = Sequencer(executor, slots=8, memory_bytes=150)
    sequencer.add(list(requests(tmp_path, *chain_of("a b")).values()))
    small = RunPaths(tmp_path, "wf-2")
    sequencer.add(list(requests(tmp_path, *chain_of("c"), paths=small, limits=Limits(10, 60.0)).values()))
    assert not sequencer.start_ready()
    assert executor.started == ["a"]


def test_a_stopped_batch_starts_nothing_more_and_ends_with_what_runs(tmp_path: Path) -> None:
    executor = RecordingExecutor()
    sequencer = Sequencer(executor, slots=1, memory_bytes=1 << 40)
    batch = sequencer.add(list(requests(tmp_path, *chain_of("a b")).values()))
    sequencer.start_ready()
    sequencer.stop(batch, ErrorReport("E-CANCELLED", "cancelled"))
    assert executor.stopped == [("a", "E-CANCELLED")]
    assert batch.active
    sequencer.wait()
    assert sequencer.start_ready()
    assert not batch.active
    assert list(batch.outcomes) == ["a"]


class Onlooker:
    """Writes down what it is told."""

    refresh_s = 0.5

    def __init__(self) -> None:
        self.told: list[str] = []

    def planned(self, planned: Sequence[PhaseRequest]) -> None:
        self.told.append(f"planned {len(planned)}")

    def started(self, request: PhaseRequest) -> None:
        self.told.append(f"started {request.phase}")

    def refresh(self) -> None:
        self.told.append("look")


def test_who_watches_is_told_of_the_plan_of_starts_and_to_look_before_each_wait(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("a b:a"))
    finish(planned["a"])
    onlooker = Onlooker()
    waits: list[float] = []

    class TimedExecutor(RecordingExecutor):
        def next_outcome(self, timeout_s: float = math.inf) -> PhaseOutcome:
            waits.append(timeout_s)
            if len(waits) == 1:
                raise TimeoutError
            return super().next_outcome(timeout_s)

    sequencer = Sequencer(TimedExecutor(), slots=1, memory_bytes=1 << 40, watch=onlooker)
    sequencer.run(list(planned.values()))
    assert onlooker.told == ["planned 2", "started b", "look", "look"]
    assert waits == [0.5, 0.5]

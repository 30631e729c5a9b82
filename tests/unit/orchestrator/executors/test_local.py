"""The local executor starts phases, enforces their limits, and says how each ended."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.local import LocalExecutor
from phase_worker.contract.errors import TransientError
from phase_worker.contract.outcome import PhaseOutcome, PhaseState, read_outcome
from phase_worker.contract.request import PhaseRequest
from tests.fakes.scripted_phases import Step, scripted_request, start_scripted, survivors, wait_until


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(grace_s=0.5, start_process=start_scripted)
    yield executor
    executor.close()


def run(executor: LocalExecutor, request: PhaseRequest) -> PhaseOutcome:
    executor.start(request)
    return executor.next_outcome()


def error_of(outcome: PhaseOutcome) -> tuple[str, str]:
    assert outcome.error is not None
    return outcome.error.code, outcome.error.message


def on_disk(request: PhaseRequest) -> PhaseOutcome | None:
    return read_outcome(request.paths.outcome(request.phase))


def test_what_a_phase_says_of_itself_is_its_outcome(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["complete"])
    outcome = run(executor, request)
    assert outcome.completed
    assert outcome.digest
    assert outcome == on_disk(request)


def test_a_failed_phase_keeps_its_own_report(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["say", "failed"], ["exit", 70])
    outcome = run(executor, request)
    assert (outcome.status, outcome.error) == (PhaseState.FAILED, None)


def test_a_phase_that_exits_without_an_outcome_is_lost(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["exit", 0])
    outcome = run(executor, request)
    code, message = error_of(outcome)
    assert (outcome.status, outcome.exit_code, code) == (PhaseState.FAILED, 0, "E-LOST")
    assert str(request.paths.log("train")) in message
    assert outcome.resources.cpu_s > 0
    assert outcome.resources.wall_s >= outcome.resources.cpu_s / 2
    assert outcome == on_disk(request)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV"])
def test_a_phase_that_is_killed_names_the_signal(executor: LocalExecutor, tmp_path: Path, name: str) -> None:
    outcome = run(executor, scripted_request(tmp_path, ["die", name]))
    code, message = error_of(outcome)
    assert (outcome.status, outcome.exit_code, code) == (PhaseState.FAILED, -signal.Signals[name], "E-SIGNAL")
    assert name in message


def test_a_crash_leaves_its_place_in_the_log(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["print", "before the crash"], ["die", "SIGSEGV"])
    run(executor, request)
    log = request.paths.log("train").read_text()
    assert "before the crash" in log
    assert "Segmentation fault" in log


def test_a_phase_that_exceeds_its_memory_says_so(executor: LocalExecutor, tmp_path: Path) -> None:
    outcome = run(executor, scripted_request(tmp_path, ["eat memory"], ["exit", 0]))
    code, message = error_of(outcome)
    assert (outcome.status, outcome.exit_code, code) == (PhaseState.FAILED, 71, "E-MEMORY")
    assert "256 MiB" in message


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([["say", "completed"]], id="completed-without-a-trace"),
        pytest.param([["complete"], ["say", "failed", 7]], id="of-another-attempt"),
    ],
)
def test_an_outcome_that_cannot_be_is_not_believed(executor: LocalExecutor, tmp_path: Path, steps: list[Step]) -> None:
    outcome = run(executor, scripted_request(tmp_path, *steps))
    assert outcome.status is PhaseState.FAILED
    assert error_of(outcome)[0] == "E-LOST"


def test_an_outcome_from_before_is_not_taken_for_this_attempt(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["wait for", str(tmp_path / "go")], ["exit", 0])
    request.paths.run_dir.mkdir()
    stale = PhaseOutcome(request.workflow_id, request.phase, 1, PhaseState.FAILED, request.digest)
    request.paths.outcome("train").write_bytes(stale.to_json())
    executor.start(request)
    assert on_disk(request) is None
    (tmp_path / "go").touch()
    assert error_of(executor.next_outcome())[0] == "E-LOST"


def test_a_phase_over_its_time_limit_is_stopped(executor: LocalExecutor, tmp_path: Path) -> None:
    request = scripted_request(tmp_path, ["sleep"], time_s=0.5)
    outcome = run(executor, request)
    code, message = error_of(outcome)
    assert (outcome.status, outcome.exit_code, code) == (PhaseState.TIMED_OUT, -signal.SIGTERM, "E-TIMEOUT")
    assert "0.5 s" in message
    assert outcome.resources.wall_s >= 0.5
    assert outcome == on_disk(request)


def test_a_phase_that_ignores_sigterm_is_killed_after_the_grace(executor: LocalExecutor, tmp_path: Path) -> None:
    outcome = run(executor, scripted_request(tmp_path, ["ignore term"], ["sleep"], time_s=0.5))
    assert (outcome.status, outcome.exit_code) == (PhaseState.TIMED_OUT, -signal.SIGKILL)
    assert outcome.resources.wall_s >= 1.0


def test_a_process_that_never_gets_to_its_containment_is_stopped_too(tmp_path: Path) -> None:
    executor = LocalExecutor(start_process=ColdStart(lambda _request: ["/bin/sleep", "600"]))
    assert run(executor, scripted_request(tmp_path, time_s=0.1)).status is PhaseState.TIMED_OUT


@pytest.mark.parametrize(
    ("last_words", "state"),
    [
        pytest.param([["exit", 0]], PhaseState.TIMED_OUT, id="exits-0"),
        pytest.param([["say", "failed"], ["exit", 70]], PhaseState.TIMED_OUT, id="says-failed"),
        pytest.param([["complete"], ["exit", 0]], PhaseState.COMPLETED, id="seals-its-trace"),
    ],
)
def test_after_the_time_limit_only_a_sealed_trace_counts(
    executor: LocalExecutor, tmp_path: Path, last_words: list[Step], state: PhaseState
) -> None:
    executor.start(
        scripted_request(tmp_path, ["on term", last_words], ["touch", str(tmp_path / "up")], ["sleep"], time_s=2)
    )
    wait_until((tmp_path / "up").exists, "the phase is up")
    outcome = executor.next_outcome()
    assert outcome.status is state
    assert outcome == read_outcome(tmp_path / "wf.1" / "train.outcome.json")


def test_a_time_limit_may_be_years(executor: LocalExecutor, tmp_path: Path) -> None:
    assert run(executor, scripted_request(tmp_path, ["complete"], time_s=1e8)).completed


def test_phases_run_side_by_side(executor: LocalExecutor, tmp_path: Path) -> None:
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    executor.start(scripted_request(tmp_path, ["touch", a], ["wait for", b], ["complete"], phase="a", time_s=20))
    executor.start(scripted_request(tmp_path, ["touch", b], ["wait for", a], ["complete"], phase="b", time_s=20))
    outcomes = [executor.next_outcome(), executor.next_outcome()]
    assert {outcome.phase for outcome in outcomes if outcome.completed} == {"a", "b"}


def test_a_phase_in_its_grace_does_not_hold_up_others(tmp_path: Path) -> None:
    executor = LocalExecutor(grace_s=60.0, start_process=start_scripted)
    stubborn = scripted_request(
        tmp_path, ["ignore term"], ["touch", str(tmp_path / "up")], ["sleep"], phase="a", time_s=1
    )
    executor.start(stubborn)
    wait_until((tmp_path / "up").exists, "the stubborn phase is up")
    time.sleep(1)
    executor.start(scripted_request(tmp_path, ["sleep"], phase="b", time_s=0.5))
    assert executor.next_outcome().phase == "b"
    executor.close()


def test_a_retry_appends_to_the_log(executor: LocalExecutor, tmp_path: Path) -> None:
    for attempt in (1, 2):
        request = scripted_request(tmp_path, ["print", f"attempt {attempt}\n"], ["complete"], attempt=attempt)
        assert run(executor, request).completed
    log = tmp_path / "wf.1" / "train.log"
    assert log.read_text() == "attempt 1\nattempt 2\n"
    assert log.stat().st_mode & 0o777 == 0o644


def described(executor: LocalExecutor, tmp_path: Path) -> dict[str, Any]:
    request = scripted_request(tmp_path, ["describe"], ["complete"])
    run(executor, request)
    facts: dict[str, Any] = json.loads(request.paths.log("train").read_text())
    return facts


def test_nothing_that_could_change_a_result_comes_from_the_callers_environment(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHASHSEED", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LANG", "LC_ALL", "TZ", "PYTHONPATH"):
        monkeypatch.setenv(name, "7")
    environment = described(executor, tmp_path)["environment"]
    assert (
        environment.items()
        >= {
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "NUMEXPR_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": str(Path(__file__).parents[4]),
            "DAYBREAK_PHASE": "wf.1.train.1",
        }.items()
    )
    assert "LC_ALL" not in environment


def test_a_phase_shares_only_its_log_with_the_coordinator(executor: LocalExecutor, tmp_path: Path) -> None:
    own_stdin = os.dup(0)
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        os.dup2(file.fileno(), 0)
        facts = described(executor, tmp_path)
    os.dup2(own_stdin, 0)
    os.close(own_stdin)
    log = str(tmp_path / "wf.1" / "train.log")
    assert facts["descriptors"] == {"0": "/dev/null", "1": log, "2": log}
    assert facts["session"] == facts["pid"]
    assert facts["directory"] == str(tmp_path / "wf.1")


def test_a_process_that_cannot_be_started_is_said_so(tmp_path: Path) -> None:
    executor = LocalExecutor(start_process=ColdStart(lambda _request: [str(tmp_path / "missing")]))
    with pytest.raises(TransientError, match=r"train: error E-TRANSIENT: .* cannot be started: .*missing"):
        executor.start(scripted_request(tmp_path))
    with pytest.raises(RuntimeError, match="none is running"):
        executor.next_outcome()
    executor.close()


def test_a_program_around_us_that_reaps_any_child_hides_only_the_exit_code(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert run(executor, scripted_request(tmp_path, ["complete"])).completed
        outcome = run(executor, scripted_request(tmp_path, ["exit", 3]))
        executor.start(scripted_request(tmp_path, ["record"], ["exit", 0]))
        wait_until((tmp_path / "wf.1" / "left.pids").exists, "the last phase is up")
        wait_until(lambda: survivors(tmp_path / "wf.1") == [], "the last phase has ended")
        executor.close()
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert outcome.exit_code is None
    assert error_of(outcome)[0] == "E-LOST"


def test_close_ends_everything_that_still_runs(executor: LocalExecutor, tmp_path: Path) -> None:
    kinds = [["leave", kind] for kind in ("child", "session", "daemon", "bare daemon")]
    for phase in ("a", "b"):
        steps = [["ignore term"], *kinds, ["record"], ["touch", str(tmp_path / phase)], ["sleep"]]
        executor.start(scripted_request(tmp_path, *steps, phase=phase))
    wait_until(lambda: all((tmp_path / phase).exists() for phase in "ab"), "both phases are up")
    assert len(survivors(tmp_path / "wf.1")) == 2 * (1 + 1 + 2 + 2 + 1)
    executor.close()
    assert survivors(tmp_path / "wf.1") == []
    assert not list((tmp_path / "wf.1").glob("*.outcome.json"))
    executor.close()


def test_an_interrupt_reaches_the_caller_who_can_close(executor: LocalExecutor, tmp_path: Path) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    executor.start(scripted_request(tmp_path, ["sleep"]))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            executor.next_outcome()
    finally:
        signal.signal(signal.SIGALRM, before)
    executor.close()
    assert survivors(tmp_path / "wf.1") == []

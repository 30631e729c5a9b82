"""The retry table, line by line."""

import errno
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.queue.record import JobState
from orchestrator.queue.verdict import Verdict, judge, judge_error
from phase_worker.contract import (
    ConfigError,
    DataError,
    ErrorReport,
    ExitCode,
    PhaseOutcome,
    PhaseState,
    TransientError,
)
from tests.fakes.queued_jobs import new_record

DONE = PhaseOutcome("wf-1", "data", 1, PhaseState.COMPLETED, "")
SKIPPED = replace(DONE, phase="next", status=PhaseState.SKIPPED)


def failed(code: int | None, error: str = "E-X", message: str = "it failed") -> PhaseOutcome:
    return replace(DONE, phase="train", status=PhaseState.FAILED, exit_code=code, error=ErrorReport(error, message))


def verdict(*outcomes: PhaseOutcome, disk_is_full: bool = False, **record: Any) -> Verdict:
    """On a job with one completed phase, these, and what was skipped for them."""
    skipped = [SKIPPED] if outcomes else []
    return judge(new_record(**record), [DONE, *outcomes, *skipped], disk_is_full=disk_is_full)


def test_a_job_whose_phases_all_completed_is_done() -> None:
    assert verdict() == Verdict(JobState.DONE)


@pytest.mark.parametrize("code", [ExitCode.DATA, ExitCode.CONFIG, ExitCode.INPUT, ExitCode.FAILED, -signal.SIGSEGV])
def test_what_would_fail_again_is_not_retried(code: int) -> None:
    found = verdict(failed(code))
    assert (found.state, found.transient, found.killed) == (JobState.FAILED, 0, 0)
    assert found.reason == "train: E-X: it failed"


def test_a_time_limit_is_not_retried() -> None:
    assert verdict(replace(failed(-signal.SIGKILL), status=PhaseState.TIMED_OUT)).state is JobState.FAILED


@pytest.mark.parametrize(("before", "low_s", "high_s"), [(0, 24, 36), (1, 48, 72)])
def test_a_transient_failure_is_retried_after_a_wait_that_doubles(before: int, low_s: float, high_s: float) -> None:
    waits = [verdict(failed(ExitCode.TRANSIENT), transient=before) for _ in range(200)]
    assert {found.state for found in waits} == {JobState.DEFERRED}
    assert {found.transient for found in waits} == {1}
    assert low_s <= min(found.wait_s for found in waits) < max(found.wait_s for found in waits) <= high_s


def test_the_third_transient_failure_is_the_last() -> None:
    assert verdict(failed(ExitCode.TRANSIENT), transient=2).state is JobState.FAILED


@pytest.mark.parametrize("code", [-signal.SIGKILL, ExitCode.OUT_OF_MEMORY, None])
def test_a_killed_phase_has_one_retry_and_then_the_job_is_held(code: int | None) -> None:
    assert verdict(failed(code)) == Verdict(JobState.NEW, "train: E-X: it failed", killed=1)
    assert verdict(failed(code), killed=1).state is JobState.HELD


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_nobodys_fault(number: int) -> None:
    found = verdict(failed(ExitCode.TRANSIENT, message=f"[Errno {number}] full"), transient=2)
    assert (found.state, found.out_of_space, found.transient) == (JobState.NEW, True, 0)


def test_a_phase_that_left_nothing_on_a_full_disk_is_not_charged() -> None:
    assert verdict(failed(1, "E-LOST"), disk_is_full=True).out_of_space
    assert verdict(failed(1, "E-LOST")).state is JobState.FAILED
    assert verdict(failed(ExitCode.DATA), disk_is_full=True).state is JobState.FAILED


def test_of_several_failures_the_most_hopeless_decides() -> None:
    assert verdict(failed(ExitCode.TRANSIENT), failed(ExitCode.DATA)).state is JobState.FAILED
    assert verdict(failed(ExitCode.TRANSIENT), failed(-signal.SIGKILL)).killed == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OSError(errno.EIO, "input/output error"), JobState.DEFERRED),
        (TransientError("no fork server"), JobState.DEFERRED),
        (ConfigError("it is running elsewhere", code="E-BUSY"), JobState.DEFERRED),
        (OSError(errno.ENOSPC, "no space"), JobState.NEW),
        (ConfigError("the data has 3 bars"), JobState.FAILED),
        (DataError("bad"), JobState.FAILED),
        (OSError(errno.EACCES, "not allowed"), JobState.FAILED),
        (ZeroDivisionError("the plugin has a bug"), JobState.FAILED),
    ],
)
def test_errors_of_the_coordinators_own_work_are_judged_alike(
    error: Exception, state: JobState, tmp_path: Path
) -> None:
    found = judge_error(new_record(), error)
    assert found.state is state
    assert str(error) in found.reason

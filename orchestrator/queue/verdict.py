"""The retry table: what becomes of a job, by what became of its phases."""

import errno
import random
from collections.abc import Iterable
from dataclasses import dataclass
from signal import SIGKILL

from orchestrator.queue.record import JobRecord, JobState
from phase_worker.contract import ConfigError, DaybreakError, ExitCode, PhaseOutcome, PhaseState, TransientError

TRANSIENT_ATTEMPTS = 3
KILLED_ATTEMPTS = 2
BUSY_WAIT_S = 60.0
_FIRST_WAIT_S, _LONGEST_WAIT_S, _SPREAD = 30.0, 1800.0, 0.2
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_PASSING = {errno.EIO, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENOMEM, errno.EINTR}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that a job goes to, and why; `wait_s` is for a deferred one, the counts are what it is charged."""

    state: JobState
    reason: str = ""
    wait_s: float = 0.0
    transient: int = 0
    killed: int = 0
    out_of_space: bool = False


HANDED_BACK = Verdict(JobState.NEW)


def judge(record: JobRecord, outcomes: Iterable[PhaseOutcome], *, disk_is_full: bool) -> Verdict:
    """What follows from the outcomes of all phases; the most hopeless failure decides."""
    failed = [outcome for outcome in outcomes if not outcome.completed and outcome.status is not PhaseState.SKIPPED]
    if not failed:
        return Verdict(JobState.DONE)
    reason = _reason(failed)
    if any(_no_space(outcome) for outcome in failed) or (disk_is_full and all(map(_may_be_full_disk, failed))):
        return Verdict(JobState.NEW, reason, out_of_space=True)
    if any(not (_is_transient(outcome) or _is_killed(outcome)) for outcome in failed):
        return Verdict(JobState.FAILED, reason)
    if any(map(_is_killed, failed)):
        return _after_kill(record, reason)
    return _after_transient(record, reason)


def judge_error(record: JobRecord, error: Exception) -> Verdict:
    """What follows from an error in the coordinator's own work on a job."""
    if is_out_of_space(error):
        return Verdict(JobState.NEW, str(error), out_of_space=True)
    if isinstance(error, TransientError) or (isinstance(error, OSError) and error.errno in _PASSING):
        return _after_transient(record, str(error))
    if isinstance(error, ConfigError) and error.code == "E-BUSY":
        return Verdict(JobState.DEFERRED, str(error), wait_s=BUSY_WAIT_S)
    if isinstance(error, DaybreakError):
        return Verdict(JobState.FAILED, str(error))
    return Verdict(
        JobState.FAILED, f"E-RAISED: {type(error).__name__}: {error}. The coordinator's log has the traceback"
    )


def is_out_of_space(error: Exception) -> bool:
    """Whether it says that the disk, or the owner's share of it, is full."""
    return isinstance(error, OSError) and error.errno in _NO_SPACE


def _after_transient(record: JobRecord, reason: str) -> Verdict:
    if record.transient + 1 >= TRANSIENT_ATTEMPTS:
        return Verdict(JobState.FAILED, f"{reason} (attempt {TRANSIENT_ATTEMPTS} of as many)", transient=1)
    wait_s = min(_FIRST_WAIT_S * 2**record.transient, _LONGEST_WAIT_S)
    wait_s *= random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 -- so that those that failed together come apart
    return Verdict(JobState.DEFERRED, reason, wait_s=wait_s, transient=1)


def _after_kill(record: JobRecord, reason: str) -> Verdict:
    if record.killed + 1 >= KILLED_ATTEMPTS:
        return Verdict(JobState.HELD, f"{reason} (twice; then: daybreak queue release)", killed=1)
    return Verdict(JobState.NEW, reason, killed=1)


def _is_transient(outcome: PhaseOutcome) -> bool:
    return outcome.exit_code == ExitCode.TRANSIENT


def _is_killed(outcome: PhaseOutcome) -> bool:
    """By SIGKILL or for want of memory; a code that is unknown is that of a phase whose server died."""
    return outcome.status is PhaseState.FAILED and outcome.exit_code in (-SIGKILL, ExitCode.OUT_OF_MEMORY, None)


def _no_space(outcome: PhaseOutcome) -> bool:
    message = outcome.error.message if outcome.error else ""
    return _is_transient(outcome) and any(f"[Errno {number}]" in message for number in _NO_SPACE)


def _may_be_full_disk(outcome: PhaseOutcome) -> bool:
    """Also a phase that could not even write how it failed."""
    return _is_transient(outcome) or (outcome.error is not None and outcome.error.code == "E-LOST")


def _reason(failed: list[PhaseOutcome]) -> str:
    first = failed[0]
    more = f" (and {len(failed) - 1} more phases)" if len(failed) > 1 else ""
    return f"{first.phase}: {first.error.code + ': ' + first.error.message if first.error else first.status}{more}"

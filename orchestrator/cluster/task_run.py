"""Running the phases of one task, on the node that the scheduler has chosen."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from orchestrator.allocation import available_memory_bytes, available_slots
from orchestrator.cluster.task_file import read_task
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.server_process import ServerProcess
from orchestrator.executors.warm_start import WarmStart
from orchestrator.sequencer import Sequencer
from orchestrator.text_report import progress_line
from phase_worker.contract import DaybreakError, RunPaths, TransientError

_LOCK_PATIENCE_S = 60.0
_ATTEMPTS = 100


def run_task(task: Path, server: ServerProcess | None) -> int:
    """The exit code: 0, or 1 when a phase did not complete; what it prints is the log of the scheduler's job."""
    try:
        with closing(LocalExecutor(start_process=WarmStart(server))) as executor:
            return _run(task, executor)
    except DaybreakError as error:
        _say(str(error))
        return 1


def _run(task: Path, executor: LocalExecutor) -> int:
    submission, planned = read_task(task)
    execution = _claim_execution(task)
    requests = [replace(request, attempt=submission * _ATTEMPTS + execution) for request in planned]
    with _run_shared(requests[0].paths):
        sequencer = Sequencer(
            executor,
            slots=available_slots(),
            memory_bytes=available_memory_bytes(),
            on_outcome=lambda outcome: _say(progress_line(outcome)),
        )
        outcomes = sequencer.run(requests)
    return 0 if all(outcome.settled for outcome in outcomes.values()) else 1


def _claim_execution(task: Path) -> int:
    """Which execution of the task this is: a requeued one may start while the first still runs on a lost node.

    Both write what is not published yet, so no two of them may be the same attempt at a phase.
    """
    for number in count(1):
        try:
            os.close(os.open(task.with_suffix(f".execution-{number}"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        except FileExistsError:
            continue
        return number
    raise AssertionError


@contextmanager
def _run_shared(paths: RunPaths) -> Iterator[None]:
    """Hold the run's lock together with other tasks, so that no coordinator takes the run for abandoned."""
    give_up_s = time.monotonic() + _LOCK_PATIENCE_S
    with paths.lock.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_s:
                    raise TransientError(
                        f"a coordinator has been running '{paths.workflow_id}' for {_LOCK_PATIENCE_S:.0f} s. When it "
                        "has ended, `daybreak cluster resubmit` sends what is left.",
                        where=str(paths.lock),
                        code="E-BUSY",
                    ) from None
                time.sleep(0.2)
        yield


def _say(line: str) -> None:
    print(line, flush=True)

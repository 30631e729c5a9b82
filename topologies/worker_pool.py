"""Shares numbered work out among forked processes, and gives the results in order."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any

import orjson

from phase_worker.contract.errors import DaybreakError
from phase_worker.contract.prctl import PR_SET_PDEATHSIG, prctl

Result = dict[str, Any]
Compute = Callable[[int], Result]


class WorkerLost(DaybreakError):
    """A worker was killed."""

    code = "E-SIGNAL"


@dataclass(frozen=True, slots=True)
class _Worker:
    numbers: range
    process: ForkProcess
    answers: Connection


def compute_in_order(compute: Compute, count: int, workers: int) -> Iterator[Result]:
    """`compute(0)`, `compute(1)` … up to `count`, by as many processes; results are JSON-able.

    What raises in a worker raises here too: its share is then computed here. Raises WorkerLost when one is killed.
    Features that `compute` needs are best computed before: a forked process has what was there, and shares no more.
    """
    with _merged_logs():
        started = [_start(compute, range(count * n // workers, count * (n + 1) // workers)) for n in range(workers)]
        try:
            for worker in started:
                answer = _answer_of(worker, started)
                yield from map(compute, worker.numbers) if answer is None else answer
            _wait_for_ends(started)
        finally:
            for worker in started:
                worker.process.kill()
                worker.process.join()
                worker.answers.close()


def _start(compute: Compute, numbers: range) -> _Worker:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_work, args=(compute, numbers, theirs, os.getpid()), daemon=True
    )
    process.start()
    theirs.close()
    return _Worker(numbers, process, ours)


def _work(compute: Compute, numbers: range, answers: Connection, parent_pid: int) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent_pid:  # or it has ended already
        results = [compute(number) for number in numbers]
        answers.send_bytes(orjson.dumps(results, option=orjson.OPT_SERIALIZE_NUMPY))


def _answer_of(worker: _Worker, started: Sequence[_Worker]) -> list[Result] | None:
    """The worker's results; None when it ended without."""
    while not worker.answers.poll():
        _watch(started, worker.answers)
    try:
        results: list[Result] = orjson.loads(worker.answers.recv_bytes())
    except (EOFError, OSError):  # OSError: it ended amid its answer
        worker.process.join()
        _check_none_was_killed(started)
        return None
    return results


def _wait_for_ends(started: Sequence[_Worker]) -> None:
    """Until all have handed over what they logged."""
    while any(worker.process.exitcode is None for worker in started):
        _watch(started)
    _check_none_was_killed(started)


def _watch(started: Sequence[_Worker], *answers: Connection) -> None:
    """Wait for something to happen to any worker: one that is killed while it logs may leave the others locked."""
    running = [worker.process.sentinel for worker in started if worker.process.exitcode is None]
    _check_none_was_killed(started)  # second: from here on, one that ends is among the running
    watched: list[Connection | int] = [*answers, *running]
    if watched:
        wait(watched)


def _check_none_was_killed(started: Sequence[_Worker]) -> None:
    for worker in started:
        code = worker.process.exitcode
        if code is not None and code < 0:
            first, last = worker.numbers[0], worker.numbers[-1]
            hint = " The machine may be out of memory: lower resources.workers." if code == -signal.SIGKILL else ""
            raise WorkerLost(f"the worker of trials {first} to {last} was killed by signal {-code}.{hint}")


@contextmanager
def _merged_logs() -> Iterator[None]:
    """What workers log comes through a queue into this process's log, if anything has imported `logging`."""
    logging = sys.modules.get("logging")
    if logging is None:
        yield
        return
    from multiprocessing_logging import (  # noqa: PLC0415 -- only where there is something to merge
        MultiProcessingHandler,
        install_mp_handler,
        uninstall_mp_handler,
    )

    multiprocessing.set_start_method(
        "fork", force=True
    )  # it takes no other, and from Python 3.14 on this is no default
    install_mp_handler()
    try:
        yield
    finally:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, MultiProcessingHandler):
                # The end of this process must not wait for a queue that a killed worker has left locked.
                handler.queue.cancel_join_thread()
                handler.close()
        uninstall_mp_handler()

"""A phase process that does the steps in its request's config: `python phase_process.py REQUEST`."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from phase_worker.containment import contain
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.files import write_atomically
from phase_worker.contract.outcome import PhaseOutcome, PhaseState
from phase_worker.contract.request import PhaseRequest
from phase_worker.contract.seal import Seal

SLEEPER = ["/bin/sleep", "600"]


def do(request: PhaseRequest, steps: list[list[Any]]) -> None:
    for name, *arguments in steps:
        STEPS[name](request, *arguments)


def complete(request: PhaseRequest) -> None:
    """Seal a trace and say so."""
    seal = Seal(0, hashlib.sha256().hexdigest(), "completed", 0)
    request.paths.trace(request.phase).write_bytes(seal.to_line())
    say(request, "completed", digest=seal.sha256)


def say(request: PhaseRequest, status: str, attempt: int | None = None, digest: str = "") -> None:
    """Write an outcome, be it true or not."""
    outcome = PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=request.phase,
        attempt=attempt or request.attempt,
        status=PhaseState(status),
        request_digest=request.digest,
        digest=digest,
    )
    write_atomically(request.paths.outcome(request.phase), outcome.to_json())


def leave(request: PhaseRequest, kind: str) -> None:
    """Start a process that has no end of its own; its pid goes into a file of the run."""
    for pid in STARTERS[kind]():
        record(request, pid)


def start_child() -> list[int]:
    return [subprocess.Popen(SLEEPER).pid]


def start_session() -> list[int]:
    return [subprocess.Popen(SLEEPER, start_new_session=True).pid]


def start_daemon(environment: dict[str, str] | None = None) -> list[int]:
    """Fork twice, so that a shell in a session of its own is an orphan; it has a child in its turn."""
    reader, writer = os.pipe()
    forked = os.fork()
    if forked == 0:
        os.setsid()
        shell = ["/bin/sh", "-c", f"{' '.join(SLEEPER)} & echo $$ $!; wait"]
        subprocess.Popen(shell, env=environment, start_new_session=True, stdout=writer)
        os._exit(0)
    os.waitpid(forked, 0)
    os.close(writer)
    with os.fdopen(reader) as pids:
        return [int(pid) for pid in pids.readline().split()]


def start_tracker() -> list[int]:
    """A process that ends by itself as soon as this one has, as multiprocessing's resource tracker does."""
    reader, _kept_open = os.pipe()
    forked = os.fork()
    if forked == 0:
        os.close(_kept_open)
        os.read(reader, 1)
        os._exit(0)
    return [forked]


def record(request: PhaseRequest, pid: int) -> None:
    with (request.paths.run_dir / "left.pids").open("a") as file:
        file.write(f"{pid}\n")


def eat_memory(request: PhaseRequest) -> None:
    """Take four times the limit; a clean MemoryError is the way to exit 71."""
    try:
        bytearray(4 * request.limits.memory_bytes)
    except MemoryError:
        sys.exit(ExitCode.OUT_OF_MEMORY)


def describe(request: PhaseRequest) -> None:
    """Print what this process was started with, for the test to read in the log."""
    descriptors = {fd.name: str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.exists()}
    facts = {"environment": dict(os.environ), "descriptors": descriptors, "directory": str(Path.cwd())}
    sys.stdout.write(json.dumps(facts | {"session": os.getsid(0), "pid": os.getpid()}))


def on_term(request: PhaseRequest, steps: list[list[Any]]) -> None:
    signal.signal(signal.SIGTERM, lambda _signal, _frame: do(request, steps))


def wait_for(_request: PhaseRequest, path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.01)


STARTERS: dict[str, Callable[[], list[int]]] = {
    "child": start_child,
    "session": start_session,
    "daemon": start_daemon,
    "bare daemon": lambda: start_daemon({}),
    "tracker": start_tracker,
}
STEPS: dict[str, Callable[..., object]] = {
    "complete": complete,
    "say": say,
    "leave": leave,
    "eat memory": eat_memory,
    "describe": describe,
    "on term": on_term,
    "wait for": wait_for,
    "touch": lambda _request, path: Path(path).touch(),
    "print": lambda _request, text: sys.stdout.write(text),
    "record": lambda request: record(request, os.getpid()),
    "ignore term": lambda _request: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "sleep": lambda _request: time.sleep(600),
    "exit": lambda _request, code: os._exit(code),
    "die": lambda _request, name: os.kill(os.getpid(), signal.Signals[name]),
}


if __name__ == "__main__":
    its_request = PhaseRequest.from_json(Path(sys.argv[1]).read_bytes())
    contain(its_request.limits)
    do(its_request, its_request.config["steps"])

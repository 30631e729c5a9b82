"""The soak: good, bad, slow, crashing and oversized jobs for a long time, with kills in between; then the books."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.chaos.checker import Verdict, judge_executions, judge_traces, places_of
from tests.chaos.processes import children, kill_children, reap_children, run_to_end, start, survivors_of
from tests.chaos.queue_scenarios import drain, queue_command, submit
from tests.chaos.sandbox import ROOT, Sandbox, counted

TERMINAL = ("done", "failed", "held", "bad", "cancelled")
_LIMITS = {"resources": {"memory": "256MiB", "time": "4s"}}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its phases, the states that it may end in, and how many of a hundred jobs are of it."""

    phases: Mapping[str, Any]
    ends: tuple[str, ...]
    share: int
    settings: Mapping[str, Any] = field(default_factory=dict)


# A kill can hit any job: held after two lost phases, or after five dead coordinators.
KINDS = {
    "good": Kind({"first": counted(), "last": counted("first")}, ("done", "held"), 50),
    "daemonic": Kind({"only": counted(deed="leave daemon")}, ("done", "held"), 10),
    "slow": Kind({"only": counted(deed="dawdle")}, ("done", "held"), 10),
    "raising": Kind({"only": counted(deed="raise")}, ("failed", "held"), 10),
    "crashing": Kind({"only": counted(deed="die")}, ("held",), 5),
    "oversized": Kind({"only": counted(deed="hoard")}, ("held",), 5, _LIMITS),
    "endless": Kind({"only": counted(deed="sleep")}, ("failed", "held"), 5, _LIMITS),
    "bad": Kind({"only": {"topology": "no such topology"}}, ("bad",), 5),
}


@dataclass(slots=True)
class Books:
    """What was put in, what came of it by kind and state, and what is wrong."""

    submitted: Counter[str] = field(default_factory=Counter)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    wall_s: float = 0.0


def soak(folder: Path, minutes: float, *, seed: int = 0, coordinators: int = 2, root: Path = ROOT) -> Books:
    """Keep the queue filled and `coordinators` draining for so long, kill at random, then drain what is left."""
    dice, books, sandbox = random.Random(seed), Books(), Sandbox(folder, root)
    sandbox.state.mkdir(parents=True)
    sandbox.write_inputs()
    (sandbox.state / "jobs").mkdir(mode=0o700)
    started_s = time.monotonic()
    stderr = os.open(folder / "coordinators.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    running: set[int] = set()
    while time.monotonic() - started_s < minutes * 60:
        if len(list((sandbox.state / "jobs" / "new").glob("*"))) < 10:
            _put_in(sandbox, 10, dice, books)
        while len(running) < coordinators:
            running.add(start(drain(sandbox), stderr))
        time.sleep(dice.uniform(0.0, 2.0))
        running = still_running(running)
        _kill_one(sandbox, running, dice, books)
    _finish(sandbox, running, books)
    os.close(stderr)
    books.wall_s = time.monotonic() - started_s
    if books.verdict.good:
        rmtree(folder)
    return books


def _put_in(sandbox: Sandbox, jobs: int, dice: random.Random, books: Books) -> None:
    """Submit what `submit` accepts; drop the rest straight into the queue directory, as people do."""
    names = dice.choices(list(KINDS), [kind.share for kind in KINDS.values()], k=jobs)
    files = []
    for name in names:
        kind = KINDS[name]
        workflow_id = f"{name}-{books.submitted[name]:05}"
        books.submitted[name] += 1
        path = sandbox.write_job(workflow_id, dict(kind.phases), **kind.settings)
        if name == "bad":
            path.rename(sandbox.state / "jobs" / path.name)
        else:
            files.append(workflow_id)
    if files:
        code, error = run_to_end(submit(sandbox, *files))
        if code != 0:
            books.verdict.add("lost", f"submit exits with {code}: {error[-300:]}")
        for workflow_id in files:
            (sandbox.folder / f"{workflow_id}.yaml").unlink()


def still_running(pids: set[int]) -> set[int]:
    """Those of these children that have not ended, which are reaped."""
    reap_children()
    return pids.intersection(children())


def _kill_one(sandbox: Sandbox, running: set[int], dice: random.Random, books: Books) -> None:
    """A coordinator, or what a coordinator has started."""
    name = dice.choices(["nobody", "coordinator", "phase"], [70, 15, 15])[0]
    pids = {
        "nobody": [],
        "coordinator": sorted(running),
        "phase": [pid for pid in survivors_of(sandbox.folder) if pid not in running],
    }[name]
    with suppress(IndexError, ProcessLookupError):
        os.kill(dice.choice(pids), signal.SIGKILL)
        books.kills[name] += 1


def _finish(sandbox: Sandbox, running: set[int], books: Books) -> None:
    """Let the coordinators go, drain what is left, and balance the books."""
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    give_up_s = time.monotonic() + 60.0
    while (running := still_running(running)) and time.monotonic() < give_up_s:
        time.sleep(0.01)
    if running:
        books.verdict.add("hung", f"{len(running)} coordinators after SIGTERM")
        kill_children()
    waiting = [path.stem for path in (sandbox.state / "jobs" / "deferred").glob("*.json")]
    if waiting:
        run_to_end(queue_command(sandbox, "queue", "release", *waiting))
    code, error = run_to_end(drain(sandbox), deadline_s=600.0)
    if code not in {0, 1}:
        books.verdict.add("hung" if code is None else "lost", f"the last drain ends with {code}: {error[-300:]}")
    _balance(sandbox, books)
    for pid in sorted({*survivors_of(sandbox.folder), *kill_children()}):
        books.verdict.add("survivors", str(pid))


def _balance(sandbox: Sandbox, books: Books) -> None:
    """Each job that was put in is in one terminal folder that is right for it, and there is no other."""
    places = places_of(sandbox.state / "jobs")
    for path in (sandbox.state / "jobs" / "bad").glob("*.yaml*"):
        if not path.name.endswith(".error.json"):
            places.setdefault(path.name.split(".")[0], []).append("bad")
    for name, count in books.submitted.items():
        for number in range(count):
            found = places.pop(f"{name}-{number:05}", [])
            books.ended[name, found[0] if len(found) == 1 else "?"] += 1
            if len(found) != 1 or found[0] not in KINDS[name].ends:
                books.verdict.add("lost", f"{name}-{number:05} is in {found}")
    for name, found in places.items():
        books.verdict.add("lost", f"{name}, which nobody put in, is in {found}")
    judge_traces(sandbox.traces, {}, books.verdict, complete=False)
    judge_executions(sandbox.executions, books.verdict)

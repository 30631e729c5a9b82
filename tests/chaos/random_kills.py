"""Two coordinators on one queue, killed at random moments, or one of their phases is."""

import os
import random
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.chaos.campaign import Tally, Workers, undisturbed
from tests.chaos.checker import Verdict, judge_traces, sealed_files
from tests.chaos.processes import reap_children, start, survivors_of, take_text
from tests.chaos.queue_scenarios import drain
from tests.chaos.sandbox import ROOT, Sandbox
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.trial import DEADLINE_S, Trial, Undisturbed, bring_to_its_end, end_trial

SCENARIO = "drain"
LATEST_S = 1.5  # by then both have ended, where the machine has nothing else to do
VICTIMS = ("first", "second", "both", "phase", "first, then second")


def random_kills(crew: Workers, trials: int, *, seed: int = 0, root: Path = ROOT) -> Tally:
    """So many trials; a seed gives the moments and the victims, but not what the processes are at just then."""
    expected: Undisturbed = crew.call(undisturbed, SCENARIO, crew.new_folder(), False, ROOT)
    tasks = [(_trial, (seed + number, expected.digests, crew.new_folder(), root)) for number in range(trials)]
    return crew.tally("two drains, killed at random", tasks)


def _trial(seed: int, expected: Mapping[str, str], folder: Path, root: Path) -> Trial:
    dice = random.Random(seed)
    victim, moments = dice.choice(VICTIMS), sorted(dice.uniform(0.0, LATEST_S) for _ in range(2))
    sandbox = SCENARIOS[SCENARIO].new_sandbox(folder, root)
    verdict = Verdict()
    done = _run_two(sandbox, victim, moments, dice, verdict)
    judge_traces(sandbox.traces, expected, verdict, complete=False)
    bring_to_its_end(SCENARIOS[SCENARIO], sandbox, expected, sealed_files(sandbox.traces), verdict)
    return end_trial(f"seed {seed}, {victim} at {moments}", sandbox, verdict, done=done)


def _run_two(sandbox: Sandbox, victim: str, moments: list[float], dice: random.Random, verdict: Verdict) -> bool:
    """Start two coordinators, kill at the moments, and wait for what goes on; whether there was anything to kill."""
    stderr = os.memfd_create("stderr")
    pids = [start(drain(sandbox), stderr) for _ in range(2)]
    running, started_s, killed = set(pids), time.monotonic(), False
    due = list(zip(moments, victim.split(", then "), strict=False))
    while running:
        age_s = time.monotonic() - started_s
        while due and due[0][0] <= age_s:
            killed |= _kill(due.pop(0)[1], pids, running, sandbox, dice)
        running -= {pid for pid, _ in reap_children()}
        if age_s > DEADLINE_S:
            verdict.add("hung", f"{len(running)} coordinators")
            break
        time.sleep(0.001)
    take_text(stderr)
    return killed


def _kill(victim: str, pids: list[int], running: set[int], sandbox: Sandbox, dice: random.Random) -> bool:
    phases = [pid for pid in survivors_of(sandbox.folder) if pid not in pids] if victim == "phase" else []
    named = {"first": pids[:1], "second": pids[1:], "both": pids, "phase": phases and [dice.choice(phases)]}
    targets = [pid for pid in named[victim] if pid in running or pid in phases]
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(targets)

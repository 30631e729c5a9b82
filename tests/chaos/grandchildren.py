"""Grandchildren, forked twice and in a session of their own, of a phase that is timed out, killed or orphaned."""

import os
import signal
import time
from pathlib import Path

from tests.chaos.campaign import Tally, Workers
from tests.chaos.checker import Verdict
from tests.chaos.processes import reap_children, run_to_end, start, survivors_of, take_text
from tests.chaos.sandbox import Sandbox, counted
from tests.chaos.trial import Trial, end_trial

PATIENCE_S = 20.0
# How the phase ends that has left a daemon, and the exit code of its run.
ENDS = {
    "timed out": ("leave daemon, sleep", {"resources": {"time": "3s"}}, 1),
    "killed": ("leave daemon, die", {}, 1),
    "orphaned": ("leave daemon, sleep", {}, 0),
}


def grandchildren(crew: Workers, rounds: int) -> Tally:
    """So many trials of each end, started warm and cold."""
    kinds = [(end, way) for _ in range(rounds) for end in ENDS for way in ("warm", "cold")]
    return crew.tally("grandchildren", [(_trial, (end, way, crew.new_folder())) for end, way in kinds])


def _trial(end: str, way: str, folder: Path) -> Trial:
    deed, settings, code = ENDS[end]
    sandbox, verdict = Sandbox(folder), Verdict()
    sandbox.state.mkdir(parents=True)
    sandbox.write_inputs()
    sandbox.write_job("wf-1", {"only": counted(deed=deed)}, **settings)
    command = sandbox.command("run", "wf-1.yaml", "--traces", "state/traces", "--start", way)
    left: list[int] = []
    if end == "orphaned":
        left = _kill_coordinator_when_up(sandbox, start(command, stderr := os.memfd_create("stderr")))
        take_text(stderr)
        (sandbox.folder / "awake").touch()  # the second time it does not sleep
    ended, error = run_to_end(command)
    if ended != code:
        verdict.add("hung" if ended is None else "lost", f"it exits with {ended}: {error[-300:]}")
    done = (sandbox.folder / "daemons.log").exists() and bool(left or end != "orphaned")
    return end_trial(f"{end}, {way}", sandbox, verdict, done=done)


def _kill_coordinator_when_up(sandbox: Sandbox, pid: int) -> list[int]:
    """Kill it once there is a daemon; returns what is left alive of the run."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not (sandbox.folder / "daemons.log").exists() and time.monotonic() < give_up_s:
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    reap_children()
    return survivors_of(sandbox.folder)

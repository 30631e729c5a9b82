"""Topologies whose phases show what they were started with, or end as `config.end` says."""

import os
import signal
import subprocess
import sys
import time

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext

TIME = "2020-01-01T00:00:00Z"
runs: list[int] = []


@topology(name="stateful")
def stateful(context: PhaseContext) -> None:
    """Publish how often this module has run in this process, and leave marks on the process for a next one."""
    runs.append(len(runs))
    state = {
        "runs": len(runs),
        "variable": os.environ.get("LEFT_BEHIND"),
        "encoding": sys.getdefaultencoding(),
        "hash": hash("a text"),
        "ids": [event.event_id for trace in context.inputs.values() for event in trace.events],
    }
    os.environ["LEFT_BEHIND"] = "yes"
    context.publish("STATE", TIME, "stateful", state)


@topology(name="ending")
def ending(context: PhaseContext) -> None:
    """Start a grandchild in a session of its own, then end by a signal, or not at all."""
    context.publish("STATE", TIME, "ending", {})
    child = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    sys.stderr.write(f"left {child.pid}\n")
    if context.config["end"] == "hang":
        time.sleep(600)
    os.kill(os.getpid(), signal.Signals[context.config["end"]])

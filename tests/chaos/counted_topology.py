"""A topology, as a user's plugin would bring it, whose executions are counted outside of what Daybreak writes."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext

TIME = "2020-01-01T00:00:00Z"
# From the run's directory, which is the working directory. A path of the machine would change the trace.
FOLDER = Path("../../..")


@topology(name="counted")
def counted(context: PhaseContext) -> None:
    """Note the execution, publish a word for each input and some more, and do the deeds of `config.deed`."""
    workflow_id, phase, _attempt = os.environ["DAYBREAK_PHASE"].rsplit(".", 2)
    own = Path(f"../{workflow_id}_{phase}.jsonl")
    state = "sealed" if own.exists() and b'"event_type":"SEAL"' in own.read_bytes() else "open"
    with (FOLDER / "executions.log").open("a") as file:
        file.write(f"{workflow_id} {phase} {state}\n")
    for name, trace in context.inputs.items():
        context.publish("READ", TIME, "reader", {"phase": name, "events": len(list(trace.filter_events()))})
    for number in range(20):
        context.publish("WORD", TIME, "speaker", {"number": number, "padding": "x" * 100})
    for deed in filter(None, context.config.get("deed", "").split(", ")):
        DEEDS[deed]()


def leave_daemon() -> None:
    """Fork twice; what is left leads a session of its own and has no end of its own."""
    if (forked := os.fork()) == 0:
        os.setsid()
        with Path(os.devnull).open("r+") as nothing:
            subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, stdout=nothing, stderr=nothing)
        os._exit(0)
    os.waitpid(forked, 0)
    (FOLDER / "daemons.log").touch()


def sleep() -> None:
    """Until there is a file `awake`."""
    while not (FOLDER / "awake").exists():
        time.sleep(0.01)


DEEDS: dict[str, Callable[[], object]] = {
    "leave daemon": leave_daemon,
    "sleep": sleep,
    "dawdle": lambda: time.sleep(2),
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hoard": lambda: bytearray(1 << 31),
    "raise": lambda: 1 / 0,
}

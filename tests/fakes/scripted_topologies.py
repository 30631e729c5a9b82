"""A topology, as a user's plugin would bring it, that does the steps in its configuration."""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from phase_worker.discovery import topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext
from tests.fakes.phase_process import start_daemon

TIME = "2020-01-01T00:00:00Z"
COUNTED: list[int] = []


@topology(name="scripted")
def scripted(context: PhaseContext) -> None:
    """Do `config.steps`; the working directory is the run's."""
    for name, *arguments in context.config["steps"]:
        STEPS[name](context, *arguments)


def publish(context: PhaseContext, word: str = "done") -> None:
    context.publish("WORD", TIME, "scripted", {"word": word})


def count(context: PhaseContext) -> None:
    """Publish how often this was done in this process."""
    COUNTED.append(1)
    publish(context, f"{len(COUNTED)} times in this process")


def read_inputs(context: PhaseContext) -> None:
    """Publish what the inputs say, by way of a handler."""

    def answer(event: Event) -> None:
        context.publish("ANSWER", TIME, "listener", {"length": len(str(event.payload))})

    context.bus.subscribe("READ", answer)
    for phase, trace in context.inputs.items():
        text = repr([event.payload for event in trace.filter_events()])
        payload = {"phase": phase, "content": hashlib.sha256(text.encode()).hexdigest()}
        context.publish("READ", TIME, "reader", payload)


def leave_daemon(_context: PhaseContext, environment: dict[str, str] | None = None) -> None:
    """Leave two processes in a session of their own, twice forked, that do not end by themselves."""
    with Path("left.pids").open("a") as file:
        file.writelines(f"{pid}\n" for pid in start_daemon(environment))


def wait_for(_context: PhaseContext, name: str) -> None:
    while not Path(name).exists():
        time.sleep(0.01)


def stumble(context: PhaseContext) -> None:
    """Publish an event to a handler that raises."""

    def handler(event: Event) -> None:
        raise ValueError(f"cannot take {event.payload['word']}")

    context.bus.subscribe("WORD", handler)
    publish(context, "thunder")


def append(_context: PhaseContext, name: str) -> None:
    """Add a line to a file."""
    with Path(name).open("a") as file:
        file.write("here\n")


def die_once(_context: PhaseContext, name: str) -> None:
    """Be killed, unless there is the file `name`, which says that this has been done."""
    if not Path(name).exists():
        Path(name).touch()
        os.kill(os.getpid(), signal.SIGKILL)


def damage(_context: PhaseContext, trace: str, how: str) -> None:
    """Truncate or edit a sealed trace; `trace` is relative to the run's directory."""
    path = Path(trace)
    content = path.read_bytes()
    path.write_bytes(content[:-20] if how == "truncate" else content.replace(b'"word":"', b'"word":"x', 1))


def stumble_outside(_context: PhaseContext) -> None:
    raise RuntimeError("the plugin has a bug")


STEPS: dict[str, Callable[..., Any]] = {
    "publish": publish,
    "count": count,
    "read inputs": read_inputs,
    "leave daemon": leave_daemon,
    "wait for": wait_for,
    "damage": damage,
    "stumble": stumble,
    "raise": stumble_outside,
    "ignore term": lambda _context: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "print": lambda _context, text: sys.stdout.write(f"{text}\n"),
    "touch": lambda _context, name: Path(name).touch(),
    "append": append,
    "die once": die_once,
    "die": lambda _context: os.kill(os.getpid(), signal.SIGKILL),
    "hoard": lambda context: publish(context, str(len(bytearray(1 << 31)))),
    "sleep": lambda _context: time.sleep(600),
}

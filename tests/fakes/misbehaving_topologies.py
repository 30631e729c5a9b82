"""Topologies, as a user's plugin would bring them, that do one thing well and the rest badly."""

import errno
import os
import shutil
from pathlib import Path

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor, topology
from phase_worker.events.event import Event
from phase_worker.topology_builder import PhaseContext

TIME = "2020-01-01T00:00:00Z"


@topology(name="announce")
def announce(context: PhaseContext) -> None:
    """Publish each of `config.words`, each answered by a handler, and how many events each input has."""

    def answer(event: Event) -> None:
        context.publish("ANSWER", TIME, "listener", {"length": len(event.payload["word"])})

    context.bus.subscribe("WORD", answer)
    for word in context.config["words"]:
        context.publish("WORD", TIME, "speaker", {"word": word})
    for phase, trace in context.inputs.items():
        context.publish("READ", TIME, "reader", {"phase": phase, "events": len(trace.events)})


@topology(name="silent")
def silent(context: PhaseContext) -> None:
    """Publish nothing."""


@topology(name="deaf")
def deaf(context: PhaseContext) -> None:
    """Publish a word to a handler that raises."""

    def stumble(event: Event) -> None:
        raise ValueError(f"cannot hear {event.payload['word']}")

    context.publish("NOISE", TIME, "speaker", {})
    context.bus.subscribe("WORD", stumble)
    context.publish("WORD", TIME, "speaker", {"word": "thunder"})


@topology(name="greedy")
def greedy(context: PhaseContext) -> None:
    """Ask for 2 GiB, more than its limit in the tests."""
    context.publish("WORD", TIME, "speaker", {"bytes": len(bytearray(1 << 31))})


@topology(name="squeezed")
def squeezed(context: PhaseContext) -> None:
    """Find that the kernel cannot map memory: in the way that `config.way` says."""
    context.publish("WORD", TIME, "speaker", {})
    if context.config["way"] == "mapping":
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    raise ImportError("mmap.cpython-311.so: failed to map segment from shared object")


@topology(name="crowded")
def crowded(context: PhaseContext) -> None:
    """Find the disk full."""
    context.publish("WORD", TIME, "speaker", {})
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@topology(name="clumsy")
def clumsy(context: PhaseContext) -> None:
    """Find a file of its own where it wanted to make one."""
    context.publish("WORD", TIME, "speaker", {})
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), "own.txt")


@topology(name="overtaken")
def overtaken(context: PhaseContext) -> None:
    """Publish a word; if `config.finished` is there already, have it take the place of the own trace, as if raced."""
    context.publish("WORD", TIME, "speaker", {})
    finished = Path(context.config["finished"])
    if finished.exists():
        shutil.copy(finished, context.config["final"])


@topology(name="chatty")
def chatty(context: PhaseContext) -> None:
    """Publish `config.fills` FILLs of more than 1 KB each, and one PORTFOLIO_METRICS."""
    for number in range(context.config["fills"]):
        context.publish("FILL", TIME, "speaker", {"number": number, "padding": "x" * 1024})
    context.publish("PORTFOLIO_METRICS", TIME, "speaker", {"sharpe_ratio": 1.5})


@extractor(name="words")
class Words(ResultExtractor):
    """What `announce` says."""

    result_category = "words"
    event_types = frozenset({"WORD"})

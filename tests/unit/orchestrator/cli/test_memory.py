"""The memory of running phases is found by their parents, or by the mark of their run."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from orchestrator.cli.display.memory import descendants, marked, resident_bytes

HELD_BYTES = 64 << 20
# A process that starts another, which holds some memory; both wait to be told to end.
CHILD = f"held = b'x' * {HELD_BYTES}; print('ready', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[bytes]"]:
    environment = os.environ | {"DAYBREAK_RUN": "/the/run     "}
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.communicate(b"\n")


def test_descendants_are_counted_with_what_they_hold(parent: "subprocess.Popen[bytes]") -> None:
    below = list(descendants(os.getpid()))
    assert parent.pid in below
    assert len(list(descendants(parent.pid))) == 1
    assert resident_bytes(descendants(parent.pid)) > HELD_BYTES
    assert resident_bytes([parent.pid]) < HELD_BYTES


def test_the_processes_of_a_run_are_found_by_its_mark(parent: "subprocess.Popen[bytes]") -> None:
    assert set(marked("/the/run")) == {parent.pid, *descendants(parent.pid)}
    assert list(marked("/another/run")) == []


def test_a_process_that_has_ended_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert resident_bytes([process.pid]) == 0
    assert list(descendants(process.pid)) == []

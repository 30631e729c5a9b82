"""A signal ends a command through its stack, says how to go on, and is not cut short by the next one."""

import signal
import subprocess
import sys

import pytest

from tests.fakes.command_line import ROOT, environment

PROGRAM = """
import os, time
from orchestrator.ending_signals import exit_on_signals
exit_on_signals("again")
try:
    print("up", flush=True)
    time.sleep(60)
finally:
    os.kill(os.getpid(), {second})
    print("tidied", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_whichever_comes_first_ends_the_command_in_order(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM.format(second=int(signal.SIGTERM))]
    started = subprocess.Popen(command, cwd=ROOT, env=environment(), text=True, stdout=-1, stderr=-1)
    with started:
        assert started.stdout is not None
        assert started.stdout.readline() == "up\n"
        started.send_signal(number)
        rest, said = started.communicate(timeout=30)
    assert rest == "tidied\n"
    assert said == f"stopped by {number.name}: again\n"
    assert started.returncode == 128 + number

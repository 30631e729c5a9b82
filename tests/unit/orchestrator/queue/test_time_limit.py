"""Code of others that runs in the coordinator has a minute, and cannot end it."""

import signal
import sys
import time

import pytest

from orchestrator.queue.time_limit import time_limit
from phase_worker.contract import ConfigError


def stubborn() -> None:
    """Takes long, and catches what would stop it once."""
    try:
        time.sleep(30)
    except ConfigError:
        time.sleep(30)


def test_what_takes_too_long_is_stopped_even_if_it_catches_errors() -> None:
    started_s = time.monotonic()
    with pytest.raises(ConfigError, match="took longer than 0.2 s") as caught, time_limit(0.2, "the workflow"):
        stubborn()
    assert caught.value.code == "E-TIMEOUT"
    assert time.monotonic() - started_s < 10


def test_what_tries_to_end_the_process_is_an_error() -> None:
    with pytest.raises(ConfigError, match="tried to end the process"), time_limit(5.0, "the workflow"):
        sys.exit(3)


def test_what_is_quick_enough_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(0.1, "the workflow"):
        pass
    time.sleep(0.2)
    assert signal.getsignal(signal.SIGALRM) == before

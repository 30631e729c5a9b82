"""A phase process limits itself, and depends on the process that started it."""

import ctypes
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from phase_worker.containment import peak_memory_bytes
from tests.fakes.scripted_phases import is_alive, wait_until

ROOT = Path(__file__).parents[2]
MEMORY_BYTES = 300 * 2**20
CONTAIN = f"""
import ctypes, json, os, resource, signal, sys, time
from phase_worker.containment import contain
from phase_worker.contract.request import Limits
contain(Limits(memory_bytes={MEMORY_BYTES}, time_s=60))
"""
DESCRIBE = """
libc, value = ctypes.CDLL(None), ctypes.c_int()
def got(option):
    libc.prctl(option, ctypes.byref(value), 0, 0, 0)
    return value.value
print(json.dumps({
    "data": resource.getrlimit(resource.RLIMIT_DATA),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "death_signal": got(2),
    "subreaper": got(37),
    "leads_session": os.getsid(0) == os.getpid(),
    "oom_score_adj": int(open("/proc/self/oom_score_adj").read()),
    "environment": dict(os.environ),
}))
"""


def contained(code: str, parent_pid: int | None = None, **options: Any) -> "subprocess.CompletedProcess[str]":
    environment = {"PYTHONPATH": str(ROOT)} | ({"DAYBREAK_PARENT": str(parent_pid)} if parent_pid else {})
    command = [sys.executable, "-P", "-c", CONTAIN + code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, **options)


def own_oom_score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


def test_under_an_executor_a_phase_is_limited_and_tied_to_it() -> None:
    facts = json.loads(contained(DESCRIBE, parent_pid=os.getpid()).stdout)
    assert facts["data"] == [MEMORY_BYTES, MEMORY_BYTES]
    assert facts["core"] == [0, 0]
    assert facts["death_signal"] == 9
    assert facts["subreaper"] == 1
    assert facts["leads_session"]
    assert facts["oom_score_adj"] == min(own_oom_score() + 500, 1000)
    assert "DAYBREAK_PARENT" not in facts["environment"], "a process that the phase starts has another parent"


def test_without_an_executor_a_phase_is_only_limited() -> None:
    facts = json.loads(contained(DESCRIBE).stdout)
    assert facts["data"] == [MEMORY_BYTES, MEMORY_BYTES]
    assert facts["core"] == [0, 0]
    assert (facts["death_signal"], facts["subreaper"], facts["leads_session"]) == (0, 0, False)
    assert facts["oom_score_adj"] == own_oom_score()


def test_a_limit_that_is_lower_already_stays() -> None:
    lower = 200 * 2**20
    limited = contained(DESCRIBE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (lower, lower)))
    facts = json.loads(limited.stdout)
    assert facts["data"] == [lower, lower]


@pytest.mark.parametrize("take", ["bytearray(400 << 20)", "__import__('numpy').ones(400 << 17)"])
def test_memory_beyond_the_limit_is_a_memory_error(take: str) -> None:
    ended = contained(f"try: {take}\nexcept MemoryError: print('MemoryError')")
    assert (ended.returncode, ended.stdout) == (0, "MemoryError\n")


def test_a_phase_whose_parent_has_gone_before_it_was_tied_dies() -> None:
    ended = contained("print('went on')", parent_pid=1)
    assert (ended.returncode, ended.stdout) == (-9, "")


def test_a_phase_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    phase = CONTAIN + f"open({str(pid_file)!r}, 'w').write(str(os.getpid()) + ' '); time.sleep(60)"
    starter = f"""
import os, subprocess, sys, time
environment = os.environ | {{"DAYBREAK_PARENT": str(os.getpid())}}
child = subprocess.Popen([sys.executable, "-P", "-c", {phase!r}], env=environment)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-P", "-c", starter], env={"PYTHONPATH": str(ROOT)})
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith(" "), "the phase is tied")
        pid = int(pid_file.read_text())
        assert is_alive(pid)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_alive(pid), "the phase is dead", timeout_s=5)


def test_the_peak_memory_is_that_of_the_largest_moment() -> None:
    size = 64 * 2**20
    before = peak_memory_bytes()
    buffer = bytearray(size)
    ctypes.memset((ctypes.c_char * size).from_buffer(buffer), 1, size)
    del buffer
    assert size * 0.9 <= peak_memory_bytes() - before + slack(before) <= size * 1.2 + slack(before)


def slack(peak_bytes: int) -> int:
    """How far this process was below its peak before the test."""
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return max(0, peak_bytes - resident_pages * resource.getpagesize())

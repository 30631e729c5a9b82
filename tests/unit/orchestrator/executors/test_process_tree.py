"""Nothing of a phase's process tree outlives it, and nothing else is touched."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.orphans import may_have_unknown_children
from orchestrator.executors.process_tree import sweep
from phase_worker.contract.process_marks import run_mark
from tests.fakes.phase_process import SLEEPER, start_daemon
from tests.fakes.scripted_phases import (
    Step,
    is_alive,
    recorded_pids,
    scripted_request,
    start_scripted,
    survivors,
    wait_until,
)

ROOT = Path(__file__).parents[4]
LEAVE_ALL = [["leave", kind] for kind in ("child", "session", "daemon", "bare daemon", "tracker")]
LEFT_BY_ALL = 1 + 1 + 2 + 2 + 1


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(grace_s=0.5, start_process=start_scripted)
    yield executor
    executor.close()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(["complete"], id="completes"),
        pytest.param(["exit", 3], id="exits"),
        pytest.param(["die", "SIGKILL"], id="is-killed"),
        pytest.param(["sleep"], id="times-out"),
    ],
)
def test_nothing_is_left_however_a_phase_ends(executor: LocalExecutor, tmp_path: Path, end: Step) -> None:
    executor.start(scripted_request(tmp_path, *LEAVE_ALL, ["record"], end, time_s=3))
    executor.next_outcome()
    assert len(recorded_pids(tmp_path / "wf.1")) == LEFT_BY_ALL + 1
    assert survivors(tmp_path / "wf.1") == []


def test_what_a_running_phase_started_stays_when_another_phase_ends(executor: LocalExecutor, tmp_path: Path) -> None:
    up, go = tmp_path / "up", tmp_path / "go"
    steps = [*LEAVE_ALL, ["touch", str(up)], ["wait for", str(go)], ["complete"]]
    executor.start(scripted_request(tmp_path, *steps, phase="a"))
    wait_until(up.exists, "phase a is up")
    executor.start(scripted_request(tmp_path, ["leave", "daemon"], ["complete"], phase="b"))
    assert executor.next_outcome().phase == "b"
    pids = recorded_pids(tmp_path / "wf.1")
    assert [is_alive(pid) for pid in pids] == [True] * LEFT_BY_ALL + [False] * 2
    go.touch()
    assert executor.next_outcome().phase == "a"
    assert survivors(tmp_path / "wf.1") == []


def test_other_children_of_the_program_around_us_are_not_touched(executor: LocalExecutor, tmp_path: Path) -> None:
    running = subprocess.Popen(SLEEPER)
    ended = subprocess.Popen(["/bin/true"])
    daemon, its_child = start_daemon({})  # an orphan, and so our child by now
    try:
        wait_until(lambda: not is_alive(ended.pid), "the child has ended")
        executor.start(scripted_request(tmp_path, *LEAVE_ALL, ["complete"]))
        assert executor.next_outcome().completed
        executor.close()
        assert survivors(tmp_path / "wf.1") == []
        assert running.poll() is None
        assert os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT) is not None
        assert is_alive(its_child)
    finally:
        running.kill()
        assert (running.wait(), ended.wait()) == (-signal.SIGKILL, 0)
        for pid in (daemon, its_child):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_phases_of_another_executor_in_this_process_are_not_touched(executor: LocalExecutor, tmp_path: Path) -> None:
    other = LocalExecutor(start_process=start_scripted)
    up, go = tmp_path / "up", tmp_path / "go"
    other.start(
        scripted_request(tmp_path / "other", *LEAVE_ALL, ["touch", str(up)], ["wait for", str(go)], ["complete"])
    )
    other.start(scripted_request(tmp_path / "other", ["record"], ["exit", 5], phase="ended"))
    other_dir = tmp_path / "other" / "wf.1"
    wait_until(lambda: len(recorded_pids(other_dir)) == LEFT_BY_ALL + 1 and up.exists(), "the other's phases are up")
    wait_until(lambda: sum(map(is_alive, recorded_pids(other_dir))) == LEFT_BY_ALL, "one of them has ended")
    executor.start(scripted_request(tmp_path / "ours", ["leave", "bare daemon"], ["complete"]))
    assert executor.next_outcome().completed
    assert survivors(tmp_path / "ours" / "wf.1") == []
    assert other.next_outcome().exit_code == 5
    go.touch()
    assert other.next_outcome().completed
    assert survivors(other_dir) == []


def test_what_a_dead_coordinator_left_is_swept(tmp_path: Path) -> None:
    coordinators = {name: start_coordinator(tmp_path / name) for name in ("dead", "alive")}
    dead_dir, alive_dir = tmp_path / "dead" / "wf.1", tmp_path / "alive" / "wf.1"
    try:
        wait_until(lambda: all(len(recorded_pids(folder)) == 5 for folder in (dead_dir, alive_dir)), "both are up")
        *left, phase = recorded_pids(dead_dir)
        coordinators["dead"].kill()
        wait_until(lambda: not is_alive(phase), "the phase dies with its coordinator")
        assert all(is_alive(pid) for pid in left)
        sweep(run_mark(dead_dir))
        assert not any(is_alive(pid) for pid in left)
        assert all(is_alive(pid) for pid in recorded_pids(alive_dir)), "a run of the same name in another directory"
    finally:
        for coordinator in coordinators.values():
            coordinator.kill()
            coordinator.wait()
        sweep(run_mark(alive_dir))
        sweep(run_mark(dead_dir))


def start_coordinator(traces_dir: Path) -> "subprocess.Popen[bytes]":
    traces_dir.mkdir()
    command = [sys.executable, "-m", "tests.fakes.coordinator_process", str(traces_dir)]
    return subprocess.Popen(command, cwd=ROOT)


def test_unknown_children_are_seen() -> None:
    child = subprocess.Popen(SLEEPER)
    try:
        assert may_have_unknown_children(known=())
        assert not may_have_unknown_children(known=children_of_this_process())
    finally:
        child.kill()
        child.wait()


def children_of_this_process() -> set[int]:
    parents = {
        file.parent: file.read_text().rpartition(")")[2].split()[1] for file in Path("/proc").glob("[0-9]*/stat")
    }
    return {int(folder.name) for folder, parent in parents.items() if int(parent) == os.getpid()}

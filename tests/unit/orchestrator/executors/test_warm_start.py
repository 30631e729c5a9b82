"""Warm start forks phases that differ in nothing from cold ones, and leaves nothing behind."""

import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import psutil
import pytest

from orchestrator.executors.cold_start import ColdStart
from orchestrator.executors.environment import PACKAGES_ROOT
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.server_process import ServerProcess
from orchestrator.executors.warm_start import WarmStart
from phase_worker.contract.errors import TransientError
from phase_worker.contract.outcome import PhaseOutcome, PhaseState
from phase_worker.contract.process_marks import RUN_VARIABLE, run_mark
from phase_worker.contract.request import Limits, PhaseRequest, Plugin, plugin_digest
from tests.fakes.scripted_phases import is_alive, survivors, wait_until

PLUGIN = Path(__file__).parents[3] / "fakes" / "stateful_topologies.py"


def request(folder: Path, phase: str, topology: str = "stateful", end: str = "", time_s: float = 60.0) -> PhaseRequest:
    return PhaseRequest(
        workflow_id="wf-1",
        phase=phase,
        topology=topology,
        config={"end": end, "trace": {"level": "full", "bars": False}},
        traces_dir=folder,
        limits=Limits(memory_bytes=1 << 30, time_s=time_s),
        plugins=(Plugin(PLUGIN, plugin_digest(PLUGIN)),),
    )


@pytest.fixture
def warm() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(grace_s=0.5, start_process=WarmStart())
    yield executor
    executor.close()


def run(executor: LocalExecutor, phase: PhaseRequest) -> PhaseOutcome:
    executor.start(phase)
    return executor.next_outcome()


def test_a_warm_phase_gives_the_bytes_of_a_cold_one_whatever_ran_before(warm: LocalExecutor, tmp_path: Path) -> None:
    cold = LocalExecutor(start_process=ColdStart())
    expected = run(cold, request(tmp_path / "cold", "first"))
    found = [run(warm, request(tmp_path / "warm", name)) for name in ("first", "second", "third")]
    cold.close()
    assert expected.completed
    assert [outcome.digest for outcome in found] == [expected.digest] * 3


def test_phases_run_side_by_side(warm: LocalExecutor, tmp_path: Path) -> None:
    phases = [request(tmp_path, f"p{number}") for number in range(4)]
    for phase in phases:
        warm.start(phase)
    assert {warm.next_outcome().phase for _ in phases} == {"p0", "p1", "p2", "p3"}


def test_a_warm_phase_says_what_it_used(warm: LocalExecutor, tmp_path: Path) -> None:
    outcome = run(warm, request(tmp_path, "first"))
    assert outcome.resources.cpu_s > 0
    assert 2**22 < outcome.resources.peak_memory_bytes < 2**30


@pytest.mark.parametrize("end", ["SIGKILL", "SIGSEGV"])
def test_a_killed_warm_phase_names_the_signal_and_leaves_nothing(warm: LocalExecutor, tmp_path: Path, end: str) -> None:
    phase = request(tmp_path, "first", "ending", end)
    outcome = run(warm, phase)
    assert (outcome.status, outcome.exit_code) == (PhaseState.FAILED, -signal.Signals[end])
    assert not is_alive(left_pid(phase))
    assert run(warm, request(tmp_path, "second")).completed


def test_a_warm_phase_beyond_its_time_is_killed_with_all_it_started(warm: LocalExecutor, tmp_path: Path) -> None:
    phase = request(tmp_path, "first", "ending", "hang", time_s=1.0)
    assert run(warm, phase).status is PhaseState.TIMED_OUT
    assert not is_alive(left_pid(phase))


def test_a_server_that_runs_already_carries_the_mark_of_the_run_that_it_gets(tmp_path: Path) -> None:
    server = ServerProcess()
    executor = LocalExecutor(start_process=WarmStart(server))
    phase = request(tmp_path, "first", "ending", "hang")
    executor.start(phase)
    wait_until(lambda: left_pid(phase) > 0, "the phase is up")
    mark = run_mark(phase.paths.run_dir)
    assert psutil.Process(server.pid).environ()[RUN_VARIABLE] == mark
    assert psutil.Process(left_pid(phase)).environ()[RUN_VARIABLE] == mark
    executor.close()


def test_a_plugin_is_run_in_its_phases_and_not_in_the_server(warm: LocalExecutor, tmp_path: Path) -> None:
    phases = [with_plugin(tmp_path, name, "import os; print('run in', os.getpid())") for name in ("first", "second")]
    for phase in phases:
        outcome = run(warm, phase)
        assert outcome.completed
        assert phase.files.log.read_text().endswith(f" starts\nrun in {outcome.pid}\n")


def test_a_plugin_that_changes_between_two_phases_is_refused(warm: LocalExecutor, tmp_path: Path) -> None:
    first, second = (with_plugin(tmp_path, name, "") for name in ("first", "second"))
    assert run(warm, first).completed
    with first.plugins[0].path.open("a") as file:
        file.write("# changed\n")
    error = run(warm, second).error
    assert error is not None
    assert "the plugin changed since the run was planned" in error.message


@pytest.mark.parametrize("line", ["return 1", "import nothing_of_that_name"])
def test_a_plugin_that_cannot_be_imported_fails_its_phase_alone(warm: LocalExecutor, tmp_path: Path, line: str) -> None:
    error = run(warm, with_plugin(tmp_path, "first", line)).error
    assert error is not None
    assert "importing it failed" in error.message
    assert run(warm, request(tmp_path, "second")).completed


def test_nothing_is_left_when_the_executor_closes(tmp_path: Path) -> None:
    executor = LocalExecutor(grace_s=0.2, start_process=WarmStart())
    phase = request(tmp_path, "first", "ending", "hang")
    executor.start(phase)
    wait_until(lambda: left_pid(phase) > 0, "the phase is up")
    executor.close()
    assert survivors(phase.paths.run_dir) == []
    assert not is_alive(left_pid(phase))


def test_a_server_that_is_gone_loses_its_phases_and_is_replaced(tmp_path: Path) -> None:
    start = WarmStart()
    executor = LocalExecutor(start_process=start)
    phase = request(tmp_path, "first", "ending", "hang")
    executor.start(phase)
    wait_until(lambda: left_pid(phase) > 0, "the phase is up")
    assert start.server_pid is not None
    os.kill(start.server_pid, signal.SIGKILL)
    outcome = executor.next_outcome()
    assert outcome.error is not None
    assert (outcome.status, outcome.error.code) == (PhaseState.FAILED, "E-LOST")
    assert not is_alive(left_pid(phase))
    assert run(executor, request(tmp_path, "second")).completed
    executor.close()


def test_a_server_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    executor = LocalExecutor(start_process=WarmStart())
    with pytest.raises(TransientError, match="fork server"):
        executor.start(request(tmp_path, "first"))
    executor.close()


def test_a_server_whose_starter_does_not_wait_for_its_answer_makes_no_fuss(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = ServerProcess()
    with (tmp_path / "log").open("wb") as log:
        message = orjson.dumps({"start": str(tmp_path / "no-request"), "token": "t"})
        socket.send_fds(server.connection, [message], [log.fileno()])
    select.select([server.connection], [], [], 30.0)
    server.end()
    assert capfd.readouterr() == ("", "")


def test_server_and_phases_die_with_their_coordinator(tmp_path: Path) -> None:
    phase = replace(request(tmp_path, "first", "ending", "hang"))
    phase.paths.run_dir.mkdir(parents=True)
    (tmp_path / "request").write_bytes(phase.to_json())
    code = (
        "import sys; from pathlib import Path; from orchestrator.executors.local import LocalExecutor\n"
        "from phase_worker.contract import PhaseRequest\n"
        "executor = LocalExecutor(); executor.start(PhaseRequest.from_json(Path(sys.argv[1]).read_bytes()))\n"
        "executor.next_outcome()"
    )
    environment = os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)}
    coordinator = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "request")], env=environment)
    wait_until(lambda: left_pid(phase) > 0, "the phase is up")
    coordinator.kill()
    coordinator.wait()
    left = left_pid(phase)
    wait_until(lambda: set(survivors(phase.paths.run_dir)) <= {left}, "server and phase are gone")
    assert is_alive(left), "a session of its own is swept when the run is started again"
    os.kill(left, signal.SIGKILL)


def with_plugin(folder: Path, phase: str, line: str) -> PhaseRequest:
    """A phase of a topology in a file of its own, which has `line` in it."""
    plugin = folder / "plugin.py"
    plugin.write_text(
        "from phase_worker.discovery import topology\n"
        f"{line}\n"
        "@topology(name='loud')\n"
        "def loud(context):\n"
        "    context.publish('DONE', None, 'loud', {})\n"
    )
    return replace(request(folder, phase, "loud"), plugins=(Plugin(plugin, plugin_digest(plugin)),))


def left_pid(phase: PhaseRequest) -> int:
    """The grandchild that the phase wrote of in its log."""
    log = phase.paths.log(phase.phase)
    words = log.read_text().split() if log.exists() else []
    return int(words[words.index("left") + 1]) if "left" in words[:-1] else 0


def cpu_s_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_the_time_that_phases_used_counts_as_time_of_the_process_that_had_them_run(tmp_path: Path) -> None:
    executor = LocalExecutor(start_process=WarmStart())
    before_s = cpu_s_of_children()
    phase = with_plugin(
        tmp_path, "first", "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    )
    outcome = run(executor, phase)
    executor.close()
    assert outcome.completed
    assert cpu_s_of_children() - before_s > 0.5

"""The fault shim does what it says, exactly and every time: otherwise a green campaign means nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import seccomp
from tests.chaos.campaign import Workers, workers
from tests.chaos.faults import Action, Fault, Role
from tests.chaos.processes import Command
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.supervisor import Watched, run_watched

pytestmark = pytest.mark.skipif(bool(seccomp.unsupported()), reason=seccomp.unsupported())

PROGRAM = """
import os, subprocess, sys
with open("watched/first", "wb", buffering=0) as file:
    print(file.write(b"12345678"), file=sys.stderr)
open("elsewhere", "w").close()
subprocess.run([sys.executable, "-c", "import os; os.chdir('watched'); os.rename('first', 'second')"], env={})
os.link("watched/second", "watched/third")
"""
CALLS = ["phase openat first", "phase write first", "phase rename first second", "phase link second third"]


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with workers(tmp_path_factory.mktemp("crew"), 1) as made:
        yield made


def run(crew: Workers, folder: Path, fault: Fault | None = None, program: str = PROGRAM) -> Watched:
    (folder / "watched").mkdir(exist_ok=True)
    command = Command([sys.executable, "-I", "-S", "-c", program], {}, folder, folder / "watched")
    watched: Watched = crew.call(run_watched, command, fault)
    return watched


def fault(number: int, action: Action) -> Fault:
    return Fault(Role.PHASE, number, action)


def test_it_sees_every_changing_call_of_a_process_and_its_children_in_the_watched_folder(
    crew: Workers, tmp_path: Path
) -> None:
    ended = run(crew, tmp_path)
    assert [str(call).replace("linkat", "link") for call in ended.calls] == CALLS
    assert (ended.exit_code, ended.done, ended.hung) == (0, 0, False)


@pytest.mark.parametrize("number", range(4))
def test_a_process_is_killed_just_before_the_call(crew: Workers, tmp_path: Path, number: int) -> None:
    ended = run(crew, tmp_path, fault(number, Action.KILL))
    assert ended.done == 1
    left = {file.name: file.read_bytes() for file in (tmp_path / "watched").iterdir()}
    full = {"second": b"12345678", "third": b"12345678"}
    # The child that was to rename is killed alone: its parent goes on, and finds no file to link.
    assert left == [{}, {"first": b""}, {"first": b"12345678"}, {"second": full["second"]}][number]
    assert ended.exit_code == (1 if number == 2 else -9)


def test_a_call_fails_without_being_done(crew: Workers, tmp_path: Path) -> None:
    ended = run(crew, tmp_path, fault(3, Action.ENOSPC))
    assert "[Errno 28] No space left on device" in ended.stderr
    assert not (tmp_path / "watched" / "third").exists()


def test_a_short_write_writes_half_and_says_so(crew: Workers, tmp_path: Path) -> None:
    ended = run(crew, tmp_path, fault(1, Action.SHORT))
    assert ended.stderr == "4\n"
    assert (tmp_path / "watched" / "second").read_bytes() == b"1234"


def test_an_interrupted_write_is_done_again(crew: Workers, tmp_path: Path) -> None:
    ended = run(crew, tmp_path, fault(1, Action.EINTR))
    assert ended.stderr == "8\n"
    assert [str(call) for call in ended.calls].count("phase write first") == 2


def test_what_hangs_is_killed_at_the_deadline(crew: Workers, tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    command = Command(["/bin/sleep", "600"], {}, tmp_path, tmp_path / "watched")
    ended = crew.call(_run_briefly, command)
    assert (ended.hung, ended.exit_code) == (True, None)


def _run_briefly(command: Command) -> Watched:
    return run_watched(command, deadline_s=0.3)


@pytest.mark.parametrize("scenario", ["run, warm", "run, cold", "phase alone", "submit"])
def test_a_scenario_makes_the_same_calls_every_time(crew: Workers, tmp_path: Path, scenario: str) -> None:
    seen = [crew.call(_calls_of, scenario, tmp_path / name) for name in ("one", "other")]
    assert seen[0] == seen[1] != []


def _calls_of(scenario: str, folder: Path) -> list[tuple[Role, str]]:
    sandbox = SCENARIOS[scenario].new_sandbox(folder)
    ended = run_watched(SCENARIOS[scenario].command(sandbox))
    return [(call.role, call.name) for call in ended.calls]

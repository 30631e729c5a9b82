"""A coordinator that is interrupted leaves nothing running and loses nothing; another start finishes the run."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import FinishedRun, daybreak, digests, run_json, start_daybreak, states
from tests.fakes.scripted_jobs import phase, write_job, write_walk_forward
from tests.fakes.scripted_phases import is_alive, recorded_pids, survivors, wait_until


def gated_phases() -> dict[str, dict[str, Any]]:
    """In the middle one leaves processes behind and waits until there is a file `go`."""
    middle = phase(["publish"], ["leave daemon"], ["touch", "up"], ["wait for", "go"], after=("first",))
    return {"first": phase(["publish"]), "middle": middle, "last": phase(["read inputs"], after=("first", "middle"))}


@dataclass(frozen=True)
class GatedRun:
    """A run that has come to its phase `middle`, and its coordinator."""

    folder: Path
    coordinator: "subprocess.Popen[str]"

    @property
    def paths(self) -> RunPaths:
        return RunPaths(self.folder / "traces", "wf-1")

    def state(self) -> str:
        return daybreak(self.folder, "status").stdout.splitlines()[1].split()[1]

    def finish(self) -> dict[str, Any]:
        """Open the gate and start the run again."""
        (self.paths.run_dir / "go").touch()
        return run_json(self.folder, "job.yaml")


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[GatedRun]:
    write_job(tmp_path, gated_phases())
    run = GatedRun(tmp_path, start_daybreak(tmp_path, "run", "job.yaml"))
    wait_until((run.paths.run_dir / "up").exists, "the phase in the middle is up")
    yield run
    run.coordinator.kill()
    run.coordinator.communicate()
    for pid in filter(is_alive, recorded_pids(run.paths.run_dir)):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the same job when nobody interrupts it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_job(folder, gated_phases())
    (folder / "traces" / "wf-1").mkdir(parents=True)
    (folder / "traces" / "wf-1" / "go").touch()
    return digests(run_json(folder, "job.yaml"))


def identity(file: Path) -> tuple[int, int]:
    return file.stat().st_ino, file.stat().st_mtime_ns


def test_after_kill_9_a_second_start_runs_only_what_is_missing(gated: GatedRun, undisturbed: dict[str, str]) -> None:
    done = [gated.paths.trace("first"), gated.paths.outcome("first"), gated.paths.trace("data")]
    before = [identity(file) for file in done]
    assert gated.state() == "active"

    gated.coordinator.kill()
    gated.coordinator.wait()
    assert gated.state() == "interrupted"
    left = recorded_pids(gated.paths.run_dir)
    assert all(map(is_alive, left))
    result = gated.finish()

    assert set(states(result).values()) == {"completed"}
    assert digests(result) == undisturbed
    assert [identity(file) for file in done] == before
    assert len(recorded_pids(gated.paths.run_dir)) == 2 * len(left), "the phase in the middle was run again"
    assert not any(map(is_alive, survivors(gated.paths.run_dir))), "zombies wait for init"
    assert gated.state() == "done"


def test_the_phase_dies_with_its_coordinator(gated: GatedRun) -> None:
    tied = set(survivors(gated.paths.run_dir)) - set(recorded_pids(gated.paths.run_dir))
    assert tied
    gated.coordinator.kill()
    gated.coordinator.wait()
    wait_until(lambda: not any(map(is_alive, tied)), "the phase is dead", timeout_s=5)
    gated.finish()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_with_all_its_processes(gated: GatedRun, number: signal.Signals, code: int) -> None:
    gated.coordinator.send_signal(number)
    _, stderr = gated.coordinator.communicate(timeout=20)
    assert gated.coordinator.returncode == code, stderr
    assert "Traceback" not in stderr
    assert survivors(gated.paths.run_dir) == []
    assert not gated.paths.outcome("middle").exists()
    assert gated.state() == "interrupted"


def test_a_second_ctrl_c_does_not_cut_the_killing_short(tmp_path: Path) -> None:
    """The phase takes no notice of SIGTERM, so that there is time for it."""
    write_job(tmp_path, {"stubborn": phase(["publish"], ["ignore term"], ["leave daemon"], ["touch", "up"], ["sleep"])})
    run_dir = tmp_path / "traces" / "wf-1"
    coordinator = start_daybreak(tmp_path, "run", "job.yaml")
    wait_until((run_dir / "up").exists, "the phase is up")
    for _ in range(2):
        coordinator.send_signal(signal.SIGINT)
        time.sleep(0.5)
    _, stderr = coordinator.communicate(timeout=20)
    left = [pid for pid in survivors(run_dir) if is_alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
    assert coordinator.returncode == 130, stderr


def test_a_run_cannot_be_started_twice_at_once(gated: GatedRun, undisturbed: dict[str, str]) -> None:
    second = daybreak(gated.folder, "run", "job.yaml")
    assert second.returncode == 2
    assert "error E-BUSY" in second.stderr
    assert "Traceback" not in second.stderr
    assert gated.state() == "active", "the first one goes on"

    (gated.paths.run_dir / "go").touch()
    _, stderr = gated.coordinator.communicate(timeout=20)
    assert gated.coordinator.returncode == 0, stderr
    assert digests(run_json(gated.folder, "job.yaml")) == undisturbed


def test_another_run_in_the_same_directory_is_not_disturbed(gated: GatedRun) -> None:
    (gated.folder / "other").mkdir()
    other = write_job(gated.folder / "other", {"only": phase(["publish"])}, workflow_id="wf-2")
    before = survivors(gated.paths.run_dir)
    run_json(gated.folder, other)
    assert survivors(gated.paths.run_dir) == before != []
    (gated.paths.run_dir / "go").touch()
    _, stderr = gated.coordinator.communicate(timeout=20)
    assert gated.coordinator.returncode == 0, stderr


def test_a_walk_forward_killed_again_and_again_ends_as_if_nothing_had_happened(
    walk_forward: FinishedRun, tmp_path: Path
) -> None:
    job = write_walk_forward(tmp_path)
    sealed: dict[Path, tuple[int, int]] = {}
    for traces in (1, 4):
        coordinator = start_daybreak(tmp_path, "run", job, "--slots", 2)
        wait_until(
            lambda traces=traces: len(list((tmp_path / "traces").glob("*.jsonl"))) >= traces,  # type: ignore[misc]
            f"there are {traces} traces",
        )
        coordinator.kill()
        coordinator.communicate()
        assert {file: identity(file) for file in sealed} == sealed
        sealed |= {file: identity(file) for file in (tmp_path / "traces").glob("*.jsonl")}
    result = run_json(tmp_path, job)
    assert digests(result) == digests(walk_forward.result)
    assert result["summary"] == walk_forward.result["summary"]
    assert {file: identity(file) for file in sealed} == sealed
    assert survivors(tmp_path / "traces" / "wf-1") == []

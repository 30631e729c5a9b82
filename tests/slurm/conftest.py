"""A real Slurm for the tests of this folder: the one that `make test-slurm` has started."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.cluster.submission import read_record
from phase_worker.contract import RunPaths
from tests.fakes.command_line import Finished, daybreak

CLUSTER = Path(__file__).with_name("cluster")
PATIENCE_S = 60.0
GRAPH = ("--shape", "graph", "--group", 1)
# Long phases: a stage is an array of its own, and its tasks wait for those of the stage before in pairs.
PAIRED = (*GRAPH, "--phase-time", "20m", "--mem", "600MiB")


@dataclass(frozen=True)
class Slurm:
    """Slurm's own commands, and the means to break it."""

    state: Path

    def run(self, *command: str, check: bool = True) -> str:
        finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert not check or finished.returncode == 0, finished.stderr
        return finished.stdout

    def cluster(self, *arguments: str) -> None:
        """Break a part (kill-slurmd, kill-node, kill-ctld), or mend all by `up`."""
        finished = cluster_script(self.state, *arguments)
        assert finished.returncode == 0, finished.stderr

    def jobs(self, folder: Path, *, alive: bool = True) -> dict[str, str]:
        """State by id of the jobs and array tasks of the run in `folder`: that wait or run, or all that are known."""
        submissions = [entry.submission for entry in read_record(run_paths(folder))]
        names = {submission.job_name("wf-1", step.name) for submission in submissions for step in submission.steps}
        states = () if alive else ("--states=all",)
        listed = self.run("squeue", "--noheader", "--array", *states, "--format=%i|%j|%T").splitlines()
        rows = [line.split("|") for line in listed]
        return {job_id: state for job_id, name, state in rows if name in names}

    def node_of(self, job_id: str) -> str:
        return self.run("squeue", "--noheader", "--format=%N", f"--jobs={job_id}").strip()

    def end_in(self, job_id: str, seconds: float) -> None:
        """Have the job's time limit reached then; Slurm looks for such jobs every half a minute."""
        end = datetime.now() + timedelta(seconds=seconds)  # noqa: DTZ005 -- as Slurm takes it
        self.run("scontrol", "update", f"JobId={job_id}", f"EndTime={end:%Y-%m-%dT%H:%M:%S}")

    def await_end(self, folder: Path, timeout_s: float = PATIENCE_S) -> None:
        """Wait until no job of the run in `folder` waits or runs."""
        wait_for(lambda: not self.jobs(folder), "the run's jobs have ended", timeout_s)


def cluster_script(state: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The script `cluster` with the Slurm that lives in `state`."""
    surroundings = os.environ | {"DAYBREAK_SLURM_STATE": str(state)} | settings
    command = [str(CLUSTER), *arguments]
    return subprocess.run(
        command, env=surroundings, capture_output=True, text=True, check=False, timeout=2 * PATIENCE_S
    )


def run_paths(folder: Path) -> RunPaths:
    """The files of the run in `folder`."""
    return RunPaths(folder / "traces", "wf-1")


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"waited {timeout_s} s until {what}"
        time.sleep(0.1)


def cluster_command(folder: Path, action: str, *arguments: object, code: int | None = 0) -> Finished:
    """`daybreak cluster ACTION …` in `folder`, which ends with `code`; None: with any."""
    finished = daybreak(folder, "cluster", action, *arguments)
    assert code in (None, finished.returncode), finished.stdout + finished.stderr
    return finished


@pytest.fixture(scope="session")
def slurm_state() -> Path:
    state = os.environ.get("DAYBREAK_SLURM_STATE")
    if not state:
        pytest.skip("no Slurm was started for the tests: `make test-slurm` does, as root or where Slurm is installed")
    return Path(state)


@pytest.fixture(scope="session")
def site_state(slurm_state: Path) -> Iterator[Path]:
    state = slurm_state.with_name(f"{slurm_state.name}-site")
    started = cluster_script(state, "up", DAYBREAK_SLURM_SITE="1", DAYBREAK_SLURM_NODES="1")
    if started.returncode == 3:
        pytest.skip(started.stderr)
    assert started.returncode == 0, started.stderr
    yield state
    cluster_script(state, "down")


@pytest.fixture
def slurm(slurm_state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    """Whatever a test breaks is mended, and whatever it leaves is cancelled."""
    yield from _tidied(slurm_state, monkeypatch)


@pytest.fixture
def site_slurm(site_state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    """One with accounting and control groups, that soon forgets what has ended."""
    yield from _tidied(site_state, monkeypatch)


def _tidied(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    monkeypatch.setenv("SLURM_CONF", str(state / "slurm.conf"))
    slurm = Slurm(state)
    yield slurm
    slurm.cluster("up")
    # %i and not %A: scancel refuses the number that an array task has of its own once its array has begun to end.
    if left := slurm.run("squeue", "--noheader", "--array", "--format=%i").split():
        slurm.run("scancel", *left)
        wait_for(lambda: not slurm.run("squeue", "--noheader"), "cancelled jobs are gone")

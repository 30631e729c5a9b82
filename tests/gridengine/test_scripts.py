"""The scripts for Grid Engine do on a real one what a local run does, and hold what it does not."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import RunPaths
from tests.fakes.command_line import daybreak, digests, run_json
from tests.fakes.scripted_jobs import phase, write_job, write_walk_forward
from tests.fakes.scripted_phases import is_alive, recorded_pids

if "DAYBREAK_GRIDENGINE_STATE" not in os.environ:
    pytest.skip("no Grid Engine was started for the tests: `make test-gridengine` does", allow_module_level=True)

PATIENCE_S = 120.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, f"waited {PATIENCE_S} s until {what}"
        time.sleep(0.2)


def jobs() -> str:
    return subprocess.run(["qstat"], check=True, capture_output=True, text=True).stdout


def submitted(folder: Path, job: Path, *placement: Any) -> RunPaths:
    """The run whose scripts are submitted by their submit.sh."""
    written = daybreak(folder, "cluster", "script", job, "--scheduler", "sge", "-o", "scripts", *placement)
    assert written.returncode == 0, written.stderr
    subprocess.run([str(folder / "scripts" / "submit.sh")], check=True, capture_output=True)
    return RunPaths(folder / "traces", "wf-1")


@pytest.mark.parametrize(
    "placement",
    [
        ["--shape", "allocation", "--mem", "4GiB"],
        ["--shape", "graph", "--group", 1],
        ["--shape", "graph", "--phase-time", "20m", "--nodes", 2],  # arrays that wait task by task
    ],
)
def test_a_walk_forward_gives_what_a_local_run_gives(tmp_path: Path, placement: list[Any]) -> None:
    job = write_walk_forward(tmp_path)
    local = run_json(tmp_path, job, "--traces", "local")
    submitted(tmp_path, job, *placement)
    wait_for(lambda: not jobs(), "the jobs have ended")
    collected = daybreak(tmp_path, "cluster", "collect", "wf-1", "--json")
    assert collected.returncode == 0, collected.stderr
    assert digests(json.loads(collected.stdout)) == digests(local)


def test_what_was_held_for_a_job_that_failed_computes_nothing(tmp_path: Path) -> None:
    """Grid Engine starts it when the other has ended, however that ended."""
    phases = {
        "a-1": phase(["raise"]),
        "a-2": phase(["publish"]),
        "join": phase(["append", "computed"], ["read inputs"], after=("a-1", "a-2")),
    }
    run = submitted(tmp_path, write_job(tmp_path, phases), "--shape", "graph", "--group", 1)
    wait_for(lambda: not jobs(), "the jobs have ended")
    said = daybreak(tmp_path, "cluster", "status", "wf-1").stdout
    assert "1 completed, 2 failed" in said
    assert "there is no such trace" in said
    assert not (run.run_dir / "computed").exists()


def test_a_job_that_is_deleted_ends_its_phases_and_is_resumed(tmp_path: Path) -> None:
    phases = {"slow": phase(["leave daemon"], ["touch", "up"], ["wait for", "go"], ["publish"])}
    job = write_job(tmp_path, phases)
    run = submitted(tmp_path, job)
    wait_for((run.run_dir / "up").exists, "the phase is up")
    left = recorded_pids(run.run_dir)
    subprocess.run(["qdel", "-u", "*"], check=True, capture_output=True)
    wait_for(lambda: not jobs() and not any(map(is_alive, left)), "nothing of the job is left")
    assert "stopped by SIGUSR2" in (tmp_path / "scripts" / "1-all.log").read_text()
    (run.run_dir / "go").touch()
    assert run_json(tmp_path, job)["success"]

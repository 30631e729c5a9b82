"""On Slurm, in every shape, a job gives what it gives on one machine, and nothing stays where it was submitted."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Coordinator
from tests.fakes.command_line import ROOT, daybreak, digests, run_json, states
from tests.fakes.scripted_jobs import write_walk_forward
from tests.slurm.conftest import Slurm, cluster_command

SPY_JOB = ROOT / "jobs" / "examples" / "walk_forward.yaml"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The example walk-forward on SPY, run on this machine."""
    return run_json(tmp_path_factory.mktemp("local"), SPY_JOB)


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """All of a result document but the place, the attempt and the cost of each phase."""
    phases = result["results"]["phase_results"]
    circumstances = ("trace", "attempt", "resources")
    kept = {
        name: {key: value for key, value in phase.items() if key not in circumstances} for name, phase in phases.items()
    }
    return {key: value for key, value in result.items() if key not in ("workflow_id", "results", "report")} | {
        "phases": kept
    }


@pytest.mark.parametrize(
    ("placement", "most_jobs"),
    [
        (["--shape", "allocation"], 1),
        (["--shape", "graph", "--group", 4], 2),  # windows as array tasks, then the join and what closes the run
        (["--shape", "graph", "--phase-time", "20m", "--mem", "1100MiB"], 6),  # arrays in pairs, by aftercorr
    ],
)
def test_the_walk_forward_on_spy_gives_the_result_of_the_local_run(
    slurm: Slurm, tmp_path: Path, local: dict[str, Any], placement: list[Any], most_jobs: int
) -> None:
    sent = cluster_command(tmp_path, "submit", SPY_JOB, "--workflow-id", "wf-1", *placement)
    assert sent.stdout.count("\njob ") <= most_jobs, sent.stdout
    slurm.await_end(tmp_path)

    submitted = len(states(local)) - 1  # all but the data phase
    assert f"{submitted} completed" in cluster_command(tmp_path, "status", "wf-1").stdout
    collected = json.loads(cluster_command(tmp_path, "collect", "wf-1", "--json").stdout)
    assert digests(collected) == digests(local)
    assert comparable(collected) == comparable(local)
    assert "done" in daybreak(tmp_path, "status").stdout


def test_what_a_condition_skips_is_skipped_there_too(slurm: Slurm, tmp_path: Path) -> None:
    job = ROOT / "jobs" / "examples" / "conditions.yaml"
    (tmp_path / "local").mkdir()
    expected = run_json(tmp_path / "local", job)
    assert "skipped" in states(expected).values()
    cluster_command(tmp_path, "submit", job, "--workflow-id", "wf-1", "--shape", "graph", "--phase-time", "20m")
    slurm.await_end(tmp_path)
    collected = json.loads(cluster_command(tmp_path, "collect", "wf-1", "--json").stdout)
    assert (states(collected), digests(collected)) == (states(expected), digests(expected))


def test_submitting_leaves_no_process_of_ours(slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = write_walk_forward(tmp_path)
    monkeypatch.setenv("DAYBREAK_TEST", str(tmp_path))
    cluster_command(tmp_path, "submit", job)
    ours = [text for text in environments() if f"DAYBREAK_TEST={tmp_path}" in text and "SLURM_JOB_ID=" not in text]
    assert len(ours) == 0
    slurm.await_end(tmp_path)


def environments() -> list[str]:
    """What every process but this one was started with, as far as it can be seen."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found.append((folder / "environ").read_bytes().decode(errors="replace"))
    return found


def test_execute_workflow_waits_for_slurm_and_tells_of_each_phase(slurm: Slurm, tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path)
    told: list[str] = []
    coordinator = Coordinator(tmp_path / "slurm", on_outcome=lambda outcome: told.append(outcome.phase))
    result = coordinator.execute_workflow(job, executor="slurm", placement={"shape": "graph", "group": "1"})

    assert result["success"]
    assert slurm.jobs(tmp_path) == {}
    assert sorted(told) == sorted(result["results"]["phase_results"])
    assert digests(result) == digests(run_json(tmp_path, job))


def test_scripts_written_for_a_person_run_and_are_followed(slurm: Slurm, tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path)
    cluster_command(tmp_path, "script", job, "-o", "scripts", "--shape", "graph", "--group", 1)
    assert slurm.jobs(tmp_path, alive=False) == {}
    assert "not been submitted" in cluster_command(tmp_path, "status", "wf-1").stdout

    slurm.run(str(tmp_path / "scripts" / "submit.sh"))
    assert slurm.jobs(tmp_path)
    slurm.await_end(tmp_path)
    assert "7 completed" in cluster_command(tmp_path, "status", "wf-1").stdout


def test_a_job_can_be_submitted_from_within_a_job(slurm: Slurm, tmp_path: Path) -> None:
    """What the outer job asked for, here an array, must not become what the inner one gets."""
    write_walk_forward(tmp_path)
    outer = tmp_path / "outer.sh"
    inner = f"{sys.executable} -P -m orchestrator cluster submit walk_forward.yaml"
    outer.write_text(f"#!/bin/bash\ncd {tmp_path}\nSBATCH_ARRAY_INX=3-4 PYTHONPATH={ROOT} exec {inner}\n")
    slurm.run("sbatch", "--array=3", "--wait", f"--output={tmp_path}/outer.log", str(outer))
    slurm.await_end(tmp_path)
    ended = slurm.jobs(tmp_path, alive=False)
    assert list(ended.values()) == ["COMPLETED"], (tmp_path / "outer.log").read_text()
    assert "_" not in next(iter(ended)), "it is no array"

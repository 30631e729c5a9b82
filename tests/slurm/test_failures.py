"""What fails on Slurm is told of with its job and log, takes only its dependents with it, and can be sent again."""

from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import read_outcome
from tests.fakes.command_line import daybreak
from tests.fakes.scripted_jobs import phase, write_job
from tests.fakes.scripted_phases import is_alive, recorded_pids
from tests.slurm.conftest import GRAPH, PAIRED, Slurm, cluster_command, run_paths, wait_for


def gate(folder: Path) -> Path:
    """The file that phases with the step `wait for` go on with."""
    return run_paths(folder).run_dir / "go"


def resubmitted(slurm: Slurm, folder: Path, *placement: Any) -> str:
    """Send what is missing, wait for it, and say how far the run is then."""
    cluster_command(folder, "resubmit", "wf-1", *placement)
    slurm.await_end(folder)
    return cluster_command(folder, "status", "wf-1").stdout


def test_dependents_of_a_failed_phase_are_cancelled_and_the_others_run(slurm: Slurm, tmp_path: Path) -> None:
    chains = {
        "a-1": phase(["publish"]),
        "a-2": phase(["raise"]),
        "b-1": phase(["read inputs"], after=("a-1",)),
        "b-2": phase(["read inputs"], after=("a-2",)),
        "join": phase(["read inputs"], after=("b-1", "b-2")),
    }
    cluster_command(tmp_path, "submit", write_job(tmp_path, chains), *PAIRED)
    slurm.await_end(tmp_path)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "2 completed, 1 failed, 2 skipped" in said
    assert "a-2 failed: RuntimeError: the plugin has a bug" in said
    assert "Job " in said
    assert "/1-a.2.log" in said
    assert sorted(slurm.jobs(tmp_path, alive=False).values()) == [
        "CANCELLED",
        "CANCELLED",
        "COMPLETED",
        "COMPLETED",
        "FAILED",
    ]
    for skipped in ("b-2", "join"):
        assert not run_paths(tmp_path).trace(skipped).exists()
        assert not run_paths(tmp_path).outcome(skipped).exists(), "it never started"
    report = cluster_command(tmp_path, "collect", "wf-1", code=1).stdout
    assert "3 phases completed, 1 failed, 2 skipped" in report


def test_a_join_waits_for_every_array_to_succeed(slurm: Slurm, tmp_path: Path) -> None:
    """Joined by commas, ids would mean: the first must succeed, the others only end."""
    phases = {
        "a-1": phase(["publish"]),
        "a-2": phase(["publish"]),
        "b-1": phase(["read inputs"], after=("a-1",)),
        "b-2": phase(["raise"], after=("a-2",)),
        "join": phase(["read inputs"], after=("a-1", "a-2", "b-1", "b-2")),
    }
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *PAIRED)
    slurm.await_end(tmp_path)
    assert "3 completed, 1 failed, 1 skipped" in cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "CANCELLED" in slurm.jobs(tmp_path, alive=False).values()


def test_where_a_site_forbids_that_slurm_cancels_dependents_status_does(slurm: Slurm, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("omit: [--kill-on-invalid-dep=yes]\n")
    phases = {"a-1": phase(["raise"]), "a-2": phase(["publish"]), "join": phase(["read inputs"], after=("a-1", "a-2"))}
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), "--site", site, *GRAPH)
    wait_for(lambda: list(slurm.jobs(tmp_path).values()) == ["PENDING"], "only the join is left")
    wait_for(
        lambda: "NeverSatisfied" in slurm.run("squeue", "--noheader", "--format=%r"), "Slurm knows it will not run"
    )
    assert "1 completed, 1 failed, 1 skipped" in cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    slurm.await_end(tmp_path, 20)


def test_a_phase_that_is_killed_fails_and_is_sent_again(slurm: Slurm, tmp_path: Path) -> None:
    phases = {"first": phase(["publish"]), "mortal": phase(["publish"], ["die once", "dead"], after=("first",))}
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases))
    slurm.await_end(tmp_path)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "mortal failed: the phase was killed by SIGKILL" in said
    assert "1 completed" in said
    assert "2 completed" in resubmitted(slurm, tmp_path)


def test_over_the_memory_of_the_job_is_a_failure_that_more_memory_mends(slurm: Slurm, tmp_path: Path) -> None:
    phases = {"greedy": phase(["hoard"], ["wait for", "go"])}
    job = write_job(tmp_path, phases, resources={"memory": "4GiB", "time": "60s"})
    cluster_command(tmp_path, "submit", job, "--mem", "500MiB", "--slots", 1)
    slurm.await_end(tmp_path)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "greedy failed" in said
    assert "Job " in said or "job " in said
    gate(tmp_path).touch()
    assert "1 completed" in resubmitted(slurm, tmp_path, "--mem", "4GiB", "--slots", 1)


def test_shortly_before_its_time_limit_a_job_stops_cleanly_and_is_resumed(slurm: Slurm, tmp_path: Path) -> None:
    phases = {
        "first": phase(["publish"]),
        "slow": phase(["publish"], ["leave daemon"], ["touch", "up"], ["wait for", "go"], after=("first",)),
    }
    job = write_job(tmp_path, phases, resources={"time": "1h"})
    cluster_command(tmp_path, "submit", job, "--time", "3m")
    run_dir = run_paths(tmp_path).run_dir
    wait_for((run_dir / "up").exists, "the slow phase is up")
    (job_id,) = slurm.jobs(tmp_path)
    slurm.end_in(job_id, 80)  # the signal comes a minute before
    left = recorded_pids(run_dir)
    slurm.await_end(tmp_path)
    wait_for(lambda: not any(map(is_alive, left)), "nothing of the phase is left", 10)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "slow failed: its job" in said
    assert "1 completed" in said
    assert "stopped by SIGUSR1" in (run_dir / "cluster" / "01" / "1-all.log").read_text()
    first = run_paths(tmp_path).trace("first").stat()

    gate(tmp_path).touch()
    assert "2 completed" in resubmitted(slurm, tmp_path)
    assert run_paths(tmp_path).trace("first").stat() == first, "what was sealed was not touched"


def test_what_runs_and_what_waits_is_cancelled(slurm: Slurm, tmp_path: Path) -> None:
    phases = {
        "slow-1": phase(["touch", "up"], ["wait for", "go"], ["publish"]),
        "slow-2": phase(["wait for", "go"], ["publish"]),
        "join": phase(["read inputs"], after=("slow-1", "slow-2")),
    }
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *GRAPH)
    wait_for((run_paths(tmp_path).run_dir / "up").exists, "a phase is up")
    assert "active" in daybreak(tmp_path, "status").stdout
    said = cluster_command(tmp_path, "status", "wf-1").stdout
    assert "1-slow" in said
    assert "2-join" in said
    assert "3 scheduler jobs cancelled" in cluster_command(tmp_path, "cancel", "wf-1").stdout
    slurm.await_end(tmp_path)
    assert set(slurm.jobs(tmp_path, alive=False).values()) == {"CANCELLED"}

    gate(tmp_path).touch()
    assert "3 completed" in resubmitted(slurm, tmp_path, *GRAPH)


def test_what_runs_is_not_sent_again_and_what_needs_it_waits_for_it(slurm: Slurm, tmp_path: Path) -> None:
    phases = {
        "a-1": phase(["touch", "up"], ["wait for", "go"], ["publish"]),
        "a-2": phase(["die once", "lost"], ["publish"]),
        "join": phase(["publish"], after=("a-1", "a-2")),
    }
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *GRAPH)
    wait_for((run_paths(tmp_path).run_dir / "up").exists, "the first phase is up")
    wait_for(lambda: len(slurm.jobs(tmp_path)) == 2, "the other has failed")
    (running,) = [job for job, state in slurm.jobs(tmp_path).items() if state == "RUNNING"]
    retried = cluster_command(tmp_path, "resubmit", "wf-1", *GRAPH).stdout
    assert "1-a: 2 phases" in retried, "the join too, which waited for an array that had failed"
    assert running in slurm.jobs(tmp_path)
    gate(tmp_path).touch()
    slurm.await_end(tmp_path)
    assert "3 completed" in cluster_command(tmp_path, "status", "wf-1").stdout
    assert read_outcome(run_paths(tmp_path).outcome("a-1")).attempt == 101  # type: ignore[union-attr]
    assert read_outcome(run_paths(tmp_path).outcome("a-2")).attempt == 201  # type: ignore[union-attr]


@pytest.mark.parametrize("option", [("--slots", 999), ("--mem", "999GiB")])
def test_what_no_node_can_do_is_refused_before_anything_is_submitted(
    slurm: Slurm, tmp_path: Path, option: tuple[str, Any]
) -> None:
    job = write_job(tmp_path, {"first": phase(["publish"])})
    refused = cluster_command(tmp_path, "submit", job, *option, code=1)
    assert "error E-SCHEDULER" in refused.stderr
    assert "Nothing has been submitted" in refused.stderr
    assert slurm.jobs(tmp_path, alive=False) == {}
    assert "1 completed" in resubmitted(slurm, tmp_path)

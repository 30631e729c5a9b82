"""What Slurm calls a job is told, and never mistaken for what its phases have done."""

from pathlib import Path

import pytest

from tests.fakes.scripted_jobs import phase, write_job
from tests.slurm.conftest import GRAPH, PATIENCE_S, Slurm, cluster_command, run_paths, wait_for

SLOW = {"slow": phase(["append", "up"], ["wait for", "go"], ["publish"])}


def launched_by(folder: Path, script: str) -> tuple[str, Path]:
    """The options for a site whose jobs are started by this script, as they are elsewhere by a container's exec."""
    launcher = folder / "launcher"
    launcher.write_text(f"#!/bin/bash\n{script}\n")
    launcher.chmod(0o755)
    site = folder / "site.yaml"
    site.write_text(f"launcher: {launcher}\n")
    return "--site", site


def up(folder: Path) -> bool:
    return (run_paths(folder).run_dir / "up").exists()


def finished(slurm: Slurm, folder: Path, code: int = 0) -> str:
    """What is said of the run when its jobs have ended."""
    slurm.await_end(folder, 2 * PATIENCE_S)
    return cluster_command(folder, "status", "wf-1", code=code).stdout


def resubmitted(slurm: Slurm, folder: Path) -> str:
    (run_paths(folder).run_dir / "go").touch()
    cluster_command(folder, "resubmit", "wf-1")
    return finished(slurm, folder)


def test_a_job_at_its_time_limit_is_timed_out_though_it_says_that_all_is_well(slurm: Slurm, tmp_path: Path) -> None:
    """Nothing of ours hears the signals, and the job's exit code is 0: the state counts."""
    deaf = """trap '' USR1 TERM; setsid --fork --wait "$@"; exit 0"""
    cluster_command(tmp_path, "submit", write_job(tmp_path, SLOW), *launched_by(tmp_path, deaf))
    wait_for(lambda: up(tmp_path), "the phase is up")
    (job_id,) = slurm.jobs(tmp_path)
    slurm.end_in(job_id, 2)

    said = finished(slurm, tmp_path, code=1)
    assert set(slurm.jobs(tmp_path, alive=False).values()) == {"TIMEOUT"}
    assert f"slow timed_out: its job {job_id} ended as TIMEOUT before the phase did" in said
    assert f"Log: {run_paths(tmp_path).run_dir}/cluster/01/1-all.log" in said
    assert "1 completed" in resubmitted(slurm, tmp_path)


def test_a_job_that_slurm_calls_completed_has_failed_where_its_phase_has(slurm: Slurm, tmp_path: Path) -> None:
    phases = {"a": phase(["raise"]), "b": phase(["append", "computed"], ["read inputs"], after=("a",))}
    hushed = launched_by(tmp_path, '"$@"; exit 0')
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *GRAPH, "--phase-time", "20m", *hushed)
    said = finished(slurm, tmp_path, code=1)
    assert set(slurm.jobs(tmp_path, alive=False).values()) == {"COMPLETED"}
    assert "2 failed" in said
    assert "a failed: RuntimeError: the plugin has a bug" in said
    assert "COMPLETED, log: " in said
    assert not (run_paths(tmp_path).run_dir / "computed").exists()


def test_a_lost_node_ends_a_job_that_may_not_be_queued_again(slurm: Slurm, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("options: [--no-requeue]\n")
    cluster_command(tmp_path, "submit", write_job(tmp_path, SLOW), "--site", site)
    wait_for(lambda: up(tmp_path), "the phase is up")
    (job_id,) = slurm.jobs(tmp_path)
    slurm.cluster("kill-node", slurm.node_of(job_id))
    assert f"slow failed: its job {job_id} ended as NODE_FAIL" in finished(slurm, tmp_path, code=1)
    assert "1 completed" in resubmitted(slurm, tmp_path)


def test_a_suspended_job_still_runs_and_is_not_sent_again(slurm: Slurm, tmp_path: Path) -> None:
    cluster_command(tmp_path, "submit", write_job(tmp_path, SLOW))
    wait_for(lambda: up(tmp_path), "the phase is up")
    (job_id,) = slurm.jobs(tmp_path)
    slurm.run("scontrol", "suspend", job_id)
    assert slurm.jobs(tmp_path) == {job_id: "SUSPENDED"}
    assert "1 phases: 1 running" in cluster_command(tmp_path, "status", "wf-1").stdout
    assert "nothing to submit" in cluster_command(tmp_path, "resubmit", "wf-1").stdout
    slurm.run("scontrol", "resume", job_id)
    (run_paths(tmp_path).run_dir / "go").touch()
    assert "1 completed" in finished(slurm, tmp_path)


def test_tasks_that_wait_are_counted_one_by_one(slurm: Slurm, tmp_path: Path) -> None:
    """By itself squeue shows them as one line, such as 25_[2-3%1]."""
    phases = {f"slow-{number}": SLOW["slow"] for number in (1, 2, 3)}
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *GRAPH, "--nodes", 1)
    wait_for(lambda: up(tmp_path), "the first phase is up")
    assert "3 phases: 2 pending, 1 running" in cluster_command(tmp_path, "status", "wf-1").stdout
    (run_paths(tmp_path).run_dir / "go").touch()
    assert "3 completed" in finished(slurm, tmp_path)


def test_what_slurm_has_forgotten_its_accounting_tells(site_slurm: Slurm, tmp_path: Path) -> None:
    exhausted = launched_by(tmp_path, "exit 9")  # before anything of ours could write an outcome
    phases = {"a-1": phase(["publish"]), "a-2": phase(["publish"])}
    cluster_command(tmp_path, "submit", write_job(tmp_path, phases), *GRAPH, *exhausted)
    wait_for(lambda: site_slurm.jobs(tmp_path, alive=False), "Slurm knows the jobs")
    job_id = next(iter(site_slurm.jobs(tmp_path, alive=False))).split("_")[0]
    wait_for(lambda: not site_slurm.jobs(tmp_path, alive=False), "Slurm has forgotten the jobs", 2 * PATIENCE_S)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert f"a-1 failed: its job {job_id}_1 ended as FAILED" in said
    assert "/1-a.1.log" in said
    assert "2 completed" in resubmitted(site_slurm, tmp_path)


def test_over_memory_in_a_control_group_is_told_of(site_slurm: Slurm, tmp_path: Path) -> None:
    """The kernel kills the largest process, which is the phase's own; Slurm says OUT_OF_MEMORY whatever we say."""
    if "proctrack/cgroup" not in (site_slurm.state / "slurm.conf").read_text():
        pytest.skip("control groups of version 1 cannot be made here")
    phases = {"greedy": phase(["hoard"], ["wait for", "go"])}
    job = write_job(tmp_path, phases, resources={"memory": "4GiB", "time": "60s"})
    cluster_command(tmp_path, "submit", job, "--mem", "300MiB", "--slots", 1)
    said = finished(site_slurm, tmp_path, code=1)
    assert "greedy failed" in said
    assert "OUT_OF_MEMORY" in said

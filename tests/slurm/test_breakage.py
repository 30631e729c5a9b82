"""Whatever of Slurm breaks, or is killed while it submits: nothing is lost, nothing published twice, all completes."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract import read_outcome, verify_trace
from tests.fakes.command_line import ROOT, environment, run_json, states
from tests.fakes.scripted_jobs import phase, write_job
from tests.slurm.conftest import GRAPH, PAIRED, Slurm, cluster_command, run_paths, wait_for


def slow_middle() -> dict[str, dict[str, Any]]:
    """The middle one says on a line of its own file that it is up, and waits."""
    middle = phase(["publish"], ["append", "up"], ["wait for", "go"], after=("first",))
    return {"first": phase(["publish"]), "middle": middle, "last": phase(["read inputs"], after=("middle",))}


def times_up(folder: Path) -> int:
    """How often the middle phase has come up."""
    file = run_paths(folder).run_dir / "up"
    return len(file.read_text().splitlines()) if file.exists() else 0


def submitted_and_up(slurm: Slurm, folder: Path) -> str:
    """Submit the slow job; the id of its only job, when the middle phase is up."""
    cluster_command(folder, "submit", write_job(folder, slow_middle()))
    wait_for(lambda: times_up(folder) == 1, "the middle phase is up")
    (job_id,) = slurm.jobs(folder)
    return job_id


def open_gate_and_end(slurm: Slurm, folder: Path) -> None:
    (run_paths(folder).run_dir / "go").touch()
    slurm.await_end(folder)


def assert_all_sealed_once(folder: Path) -> None:
    assert "3 completed" in cluster_command(folder, "status", "wf-1").stdout
    for name in ("first", "middle", "last"):
        verify_trace(run_paths(folder).trace(name))


def test_a_requeued_job_runs_only_what_is_not_sealed(slurm: Slurm, tmp_path: Path) -> None:
    job_id = submitted_and_up(slurm, tmp_path)
    first = run_paths(tmp_path).trace("first").stat()
    slurm.run("scontrol", "requeue", job_id)
    wait_for(lambda: times_up(tmp_path) == 2, "it is up again")
    open_gate_and_end(slurm, tmp_path)
    assert_all_sealed_once(tmp_path)
    assert run_paths(tmp_path).trace("first").stat() == first
    outcome = read_outcome(run_paths(tmp_path).outcome("middle"))
    assert outcome is not None
    assert outcome.attempt == 102, "the second execution of the first submission"


def test_a_node_that_loses_power_costs_only_what_ran_there(slurm: Slurm, tmp_path: Path) -> None:
    job_id = submitted_and_up(slurm, tmp_path)
    first = run_paths(tmp_path).trace("first").stat()
    slurm.cluster("kill-node", slurm.node_of(job_id))
    wait_for(lambda: times_up(tmp_path) == 2, "it is up on another node")
    open_gate_and_end(slurm, tmp_path)
    assert_all_sealed_once(tmp_path)
    assert run_paths(tmp_path).trace("first").stat() == first


def test_a_job_that_runs_on_under_a_dead_daemon_beside_its_requeued_self_publishes_once(
    slurm: Slurm, tmp_path: Path
) -> None:
    """Both run the middle phase to its end; each writes a file of its own, and one of the two is the trace."""
    job_id = submitted_and_up(slurm, tmp_path)
    slurm.cluster("kill-slurmd", slurm.node_of(job_id))
    wait_for(lambda: times_up(tmp_path) == 2, "it is up on another node, and still on the first")
    open_gate_and_end(slurm, tmp_path)
    if "3 completed" not in cluster_command(tmp_path, "status", "wf-1", code=None).stdout:  # one may have failed
        cluster_command(tmp_path, "resubmit", "wf-1")
        slurm.await_end(tmp_path)
    assert_all_sealed_once(tmp_path)
    assert "success" in cluster_command(tmp_path, "collect", "wf-1", "--json").stdout


def test_a_controller_that_is_killed_mid_run_changes_nothing(slurm: Slurm, tmp_path: Path) -> None:
    submitted_and_up(slurm, tmp_path)
    time.sleep(6)  # until the controller has saved its state
    slurm.cluster("kill-ctld")
    unknown = cluster_command(tmp_path, "status", "wf-1", code=1)
    assert "error E-SCHEDULER: squeue" in unknown.stderr, "unknown is not gone"
    cluster_command(tmp_path, "resubmit", "wf-1", code=1)
    slurm.cluster("up")
    open_gate_and_end(slurm, tmp_path)
    assert_all_sealed_once(tmp_path)
    assert times_up(tmp_path) == 1


def test_jobs_that_a_killed_controller_has_forgotten_are_sent_again(slurm: Slurm, tmp_path: Path) -> None:
    """It has acknowledged them, and gives their ids to others later."""
    slurm.run("sbatch", "--output=/dev/null", "--wrap", "true")
    cluster_command(tmp_path, "submit", write_job(tmp_path, slow_middle()), "--shape", "graph", "--slots", 4)
    slurm.cluster("kill-ctld")
    slurm.cluster("up")
    (run_paths(tmp_path).run_dir / "go").touch()
    slurm.await_end(tmp_path)
    if "3 completed" not in cluster_command(tmp_path, "status", "wf-1", code=None).stdout:
        cluster_command(tmp_path, "resubmit", "wf-1")
        slurm.await_end(tmp_path)
    assert_all_sealed_once(tmp_path)


DYING = """\
#!/bin/bash
# sbatch that kills who called it: before (0) or after (1) the submission number {at}.
[ "$1" = --test-only ] && exec {sbatch} "$@"
echo >> {folder}/calls
[ $(wc -l < {folder}/calls) = {at} ] || exec {sbatch} "$@"
[ {after} = 0 ] || {sbatch} "$@" > {folder}/taken
kill -KILL $PPID
"""


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_submitter_killed_at_any_sbatch_is_completed_by_resubmit(
    slurm: Slurm, tmp_path: Path, at: int, after: int
) -> None:
    """What Slurm had taken goes on, and is neither sent twice nor forgotten."""
    (tmp_path / "bin").mkdir()
    sbatch = slurm.run("which", "sbatch").strip()
    dying = tmp_path / "bin" / "sbatch"
    dying.write_text(DYING.format(sbatch=sbatch, folder=tmp_path, at=at, after=after))
    dying.chmod(0o755)
    phases = {
        "a-1": phase(["append", "ran"], ["publish"]),
        "a-2": phase(["append", "ran"], ["publish"]),
        "b-1": phase(["append", "ran"], ["read inputs"], after=("a-1",)),
        "b-2": phase(["append", "ran"], ["read inputs"], after=("a-2",)),
        "join": phase(["append", "ran"], ["read inputs"], after=("b-1", "b-2")),
    }
    job = write_job(tmp_path, phases)
    command = [sys.executable, "-P", "-m", "orchestrator", "cluster", "submit", str(job), *map(str, PAIRED)]
    path = {"PATH": f"{dying.parent}:{environment()['PATH']}"}
    killed = subprocess.run(command, cwd=tmp_path, env=environment() | path, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr

    cluster_command(tmp_path, "resubmit", "wf-1", *PAIRED)
    slurm.await_end(tmp_path)
    assert "5 phases: 5 completed" in cluster_command(tmp_path, "status", "wf-1").stdout
    ran = (run_paths(tmp_path).run_dir / "ran").read_text().splitlines()
    assert len(ran) == 5, "each phase ran once"


def test_a_dependent_whose_parent_was_purged_computes_nothing(slurm: Slurm, tmp_path: Path) -> None:
    """Slurm takes a dependency on a job that it does not know for satisfied."""
    phases = {
        "a-1": phase(["publish"]),
        "a-2": phase(["publish"]),
        "join": phase(["append", "computed"], ["read inputs"], after=("a-1", "a-2")),
    }
    cluster_command(tmp_path, "script", write_job(tmp_path, phases), "-o", "scripts", *GRAPH)
    slurm.run("sbatch", "--dependency=afterok:999999", "--wait", str(tmp_path / "scripts" / "2-join.sh"), check=False)
    said = cluster_command(tmp_path, "status", "wf-1", code=1).stdout
    assert "join failed" in said
    assert "there is no such trace" in said
    assert not (run_paths(tmp_path).run_dir / "computed").exists()
    assert not run_paths(tmp_path).trace("join").exists()


def test_arrays_are_split_where_the_site_has_a_limit(slurm: Slurm, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("array_limit: 2\nprologue: [export DAYBREAK_TEST=1]\noptions: [--nice=1]\n")
    phases = {f"a-{n}": phase(["publish"]) for n in range(1, 6)}
    phases |= {f"b-{n}": phase(["read inputs"], after=(f"a-{n}",)) for n in range(1, 6)}
    phases["join"] = phase(["read inputs"], after=tuple(phases))
    job = write_job(tmp_path, phases)
    sent = cluster_command(tmp_path, "submit", job, "--site", site, *PAIRED).stdout
    assert sent.count("array of 2 tasks") == 4
    slurm.await_end(tmp_path)
    assert "11 completed" in cluster_command(tmp_path, "status", "wf-1").stdout


@pytest.mark.parametrize("signal", ["USR1", "TERM"])
def test_a_plain_run_in_an_allocation_takes_its_slots_stops_cleanly_and_is_resumed(
    slurm: Slurm, tmp_path: Path, signal: str
) -> None:
    phases = {f"slow-{n}": phase(["append", "up"], ["wait for", "go"], ["publish"]) for n in (1, 2, 3)}
    write_job(tmp_path, phases)
    script = tmp_path / "run.sh"
    run = f"{sys.executable} -P -m orchestrator run job.yaml"
    script.write_text(f"#!/bin/bash\ncd {tmp_path}\nPYTHONPATH={ROOT} exec {run}\n")
    words = ["sbatch", "--parsable", "--cpus-per-task=1", f"--output={tmp_path}/run.log", str(script)]
    job_id = slurm.run(*words).strip()
    wait_for(lambda: times_up(tmp_path) == 1, "a phase is up")
    slurm.run("scancel", f"--signal={signal}", "--batch", job_id)
    wait_for(lambda: not slurm.run("squeue", "--noheader", f"--jobs={job_id}", "--states=R,CG"), "it has stopped")
    assert times_up(tmp_path) == 1, "one slot, one phase at a time"
    assert "Traceback" not in (tmp_path / "run.log").read_text()

    (run_paths(tmp_path).run_dir / "go").touch()
    slurm.run(*words[:2], "--wait", *words[2:])
    result = run_json(tmp_path, "job.yaml")
    assert set(states(result).values()) == {"completed"}
    assert times_up(tmp_path) == 4

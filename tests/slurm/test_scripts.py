"""What Slurm will not take as a script is refused before anything is submitted, whoever wrote it."""

import subprocess
from pathlib import Path

import pytest

from tests.fakes.scripted_jobs import phase, write_job
from tests.slurm.conftest import GRAPH, Slurm, cluster_command, wait_for

PAIR = {"a-1": phase(["publish"]), "a-2": phase(["publish"]), "join": phase(["publish"], after=("a-1", "a-2"))}


def test_a_site_file_with_the_line_ends_of_windows_makes_scripts_that_run(slurm: Slurm, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_bytes(b"prologue:\r\n- export DAYBREAK_TEST=1\r\n- |\r\n  true\r\n  true\r\noptions: [--nice=1]\r\n")
    cluster_command(tmp_path, "submit", write_job(tmp_path, PAIR), "--site", site, *GRAPH)
    slurm.await_end(tmp_path)
    assert "3 completed" in cluster_command(tmp_path, "status", "wf-1").stdout


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--site", 'prologue: ["export A=1\\r\\nexport B=2"]'], "DOS line breaks"),
        (["--site", "options: ['--array=1-1001']"], "Invalid job array specification"),
        (["--partition", "nowhere"], "invalid partition"),
    ],
)
def test_what_slurm_will_not_take_is_refused_before_anything_is_submitted(
    slurm: Slurm, tmp_path: Path, changes: list[str], said: str
) -> None:
    if changes[0] == "--site":
        (tmp_path / "site.yaml").write_text(changes[1])
        changes = ["--site", "site.yaml"]
    refused = cluster_command(tmp_path, "submit", write_job(tmp_path, PAIR), *GRAPH, *changes, code=1).stderr
    assert "error E-SCHEDULER" in refused
    assert said in refused
    assert "Nothing has been submitted" in refused
    assert slurm.jobs(tmp_path, alive=False) == {}


def test_why_a_job_waits_that_slurm_took_and_will_never_start_is_told(slurm: Slurm, tmp_path: Path) -> None:
    """Slurm takes more time than a partition gives for something that may change."""
    job = write_job(tmp_path, PAIR)
    cluster_command(tmp_path, "submit", job, *GRAPH, "--partition", "short", "--time", "2h")
    wait_for(lambda: "PartitionTimeLimit" in slurm.run("squeue", "--noheader", "--format=%r"), "Slurm has looked at it")
    said = cluster_command(tmp_path, "status", "wf-1").stdout
    (arrays, join) = [line.split() for line in said.splitlines() if line.split()[1] in ("1-a", "2-join")]
    assert arrays[1:] == ["1-a", "PartitionTimeLimit", "2", "0"]
    assert join[1:] == ["2-join", "Dependency", "1", "0"]


@pytest.mark.parametrize("damage", [lambda text: text.replace("\n", "\r\n"), lambda text: text.split("\n", 1)[1]])
def test_a_script_that_an_editor_has_spoilt_stops_submit_sh(slurm: Slurm, tmp_path: Path, damage: object) -> None:
    """The line ends of Windows, or no interpreter in the first line."""
    assert callable(damage)
    cluster_command(tmp_path, "script", write_job(tmp_path, PAIR), "-o", "scripts", *GRAPH)
    script = tmp_path / "scripts" / "1-a.sh"
    script.write_text(damage(script.read_text()), newline="")
    finished = subprocess.run([str(tmp_path / "scripts" / "submit.sh")], capture_output=True, text=True, check=False)
    assert finished.returncode != 0
    assert "sbatch: error: " in finished.stderr
    assert slurm.jobs(tmp_path, alive=False) == {}, "nor what waits for it"

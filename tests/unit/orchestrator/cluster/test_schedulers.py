"""The scripts of every scheduler are submitted in order by submit.sh, and give what a local run gives.

PBS and LSF are here faked programs only; Slurm is tested for real in tests/slurm, Grid Engine in tests/gridengine.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from orchestrator.cluster.dialect import find_dialect, render, scheduler_names
from orchestrator.cluster.scheduler_jobs import JobState, SchedulerError
from orchestrator.cluster.schedulers import slurm
from phase_worker.contract import ConfigError
from tests.fakes.command_line import daybreak, digests, run_json
from tests.fakes.scripted_jobs import write_walk_forward

WAITS = {
    "slurm": "sbatch --parsable --dependency=afterok:1 --kill-on-invalid-dep=yes {script}",
    "sge": "sge -terse -hold_jid 1 {script}",
    "pbs": "pbs -W 'depend=afterok:1[].server' {script}",
    "lsf": "bsub -w 'done(1)' -ti",
}


@pytest.mark.parametrize("name", scheduler_names())
def test_scripts_run_under_a_scheduler(name: str, scheduler: Path, tmp_path: Path) -> None:
    job = write_walk_forward(tmp_path)
    place = ("--partition", "night", "--account", "desk", "--qos", "low", "--shape", "graph", "--group", 1)
    written = daybreak(tmp_path, "cluster", "script", job, "--scheduler", name, "-o", "scripts", *place, "--nodes", 2)
    assert written.returncode == 0, written.stderr
    submitted = subprocess.run([str(tmp_path / "scripts" / "submit.sh")], capture_output=True, text=True, check=False)
    assert submitted.returncode == 0, submitted.stderr
    assert submitted.stdout.splitlines()[0].startswith("1-train: job 1")

    asked = (scheduler / "asked").read_text().splitlines()
    assert asked[1] == WAITS[name].format(script=tmp_path / "scripts" / "2-out-of-sample.sh")
    array, join = (
        (tmp_path / "scripts" / "1-train.sh").read_text(),
        (tmp_path / "scripts" / "2-out-of-sample.sh").read_text(),
    )
    for text in (array, join):
        assert "night" in text
        assert "desk" in text
        assert "{{" not in text
        assert text.startswith("#!/bin/bash\n")
    assert "1-2" in array
    assert "1-2" not in join
    assert {entry["state"] for entry in map(json.loads, (scheduler / "jobs.jsonl").read_text().splitlines())} == {
        "COMPLETED"
    }
    assert len(list((tmp_path / "scripts").glob("*.log"))) == 3, "one of each task"
    local = run_json(tmp_path, job, "--traces", "local")
    collected = daybreak(tmp_path, "cluster", "collect", "wf-1", "--json")
    assert digests(json.loads(collected.stdout)) == digests(local)


@pytest.mark.parametrize("name", scheduler_names())
def test_a_site_adds_lines_and_options(name: str, scheduler: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("prologue: [module load python, ulimit -n 99]\noptions: [--fast]\nlauncher: apptainer exec a.sif\n")
    job = write_walk_forward(tmp_path)
    daybreak(tmp_path, "cluster", "script", job, "--scheduler", name, "-o", "scripts", "--site", site)
    lines = (tmp_path / "scripts" / "1-all.sh").read_text().splitlines()
    assert f"{find_dialect(name).option} --fast" in lines
    assert lines.index("module load python") + 1 == lines.index("ulimit -n 99")
    assert lines[-1].startswith("exec apptainer exec a.sif env PYTHONPATH=")


@pytest.mark.parametrize(("time", "line"), [("2m", None), ("3m", "#SBATCH --signal=B:USR1@60")])
def test_a_job_of_a_minute_or_two_is_not_told_at_its_start_that_time_is_over(
    scheduler: Path, tmp_path: Path, time: str, line: str | None
) -> None:
    """Slurm may send the signal a minute early."""
    daybreak(tmp_path, "cluster", "script", write_walk_forward(tmp_path), "-o", "scripts", "--time", time)
    script = (tmp_path / "scripts" / "1-all.sh").read_text()
    assert [text for text in script.splitlines() if "--signal" in text] == ([line] if line else [])


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no scheduler 'slum'. Known: lsf, pbs, sge, slurm. Did you mean 'slurm'?"):
        find_dialect("slum")


def test_a_line_without_anything_to_say_is_left_out() -> None:
    template = "#!/bin/bash\n#X -a {{a}}\n#X -b {{b}}\n{{lines}}\nrun {{a}}{{b}}\n"
    assert render(template, {"a": "1", "b": "", "lines": ""}) == "#!/bin/bash\n#X -a 1\nrun 1\n"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PENDING", JobState.WAITING),
        ("REQUEUED", JobState.WAITING),
        ("RUNNING", JobState.RUNNING),
        ("COMPLETING", JobState.RUNNING),
        ("SUSPENDED", JobState.RUNNING),
        ("COMPLETED", JobState.COMPLETED),
        ("TIMEOUT", JobState.FAILED),
        ("OUT_OF_MEMORY", JobState.FAILED),
        ("A_STATE_OF_NEXT_YEAR", JobState.FAILED),
    ],
)
def test_every_state_but_completed_is_waiting_running_or_a_failure(scheduler: Path, word: str, state: JobState) -> None:
    (scheduler / "jobs.jsonl").write_text(json.dumps({"id": "7", "index": None, "name": "a.b", "state": word}) + "\n")
    (job,) = slurm.find_jobs({"a.b"}, "2026-01-01T00:00:00")
    assert (job.state, job.said, job.label) == (state, word, "7")


def test_what_the_queue_has_forgotten_is_asked_of_accounting(scheduler: Path, tmp_path: Path) -> None:
    lines = "a.b|12_3|FAILED\na.b|12_4|CANCELLED by 1000\na.b|12_[5-9%2]|PENDING\nanother|13|COMPLETED\n"
    (tmp_path / "programs" / "sacct").write_text(f"#!/bin/sh\ncat <<'END'\n{lines}END\n")
    jobs = slurm.find_jobs({"a.b"}, "2026-01-01T00:00:00")
    assert [(job.label, job.said) for job in jobs] == [("12_3", "FAILED"), ("12_4", "CANCELLED")]


def test_a_queue_that_does_not_answer_is_an_error_and_missing_accounting_is_none(scheduler: Path) -> None:
    (scheduler / "sacct.broken").touch()
    assert slurm.find_jobs({"a.b"}, "2026-01-01T00:00:00") == []
    (scheduler / "squeue.broken").touch()
    with pytest.raises(SchedulerError, match="squeue --noheader failed: squeue: error: Unable to contact"):
        slurm.find_jobs({"a.b"}, "2026-01-01T00:00:00")
    assert slurm.find_jobs([], "") == [], "nobody is asked about nothing"


def test_what_a_surrounding_job_says_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLURM_JOB_ID", "SBATCH_ARRAY_INX", "SLURM_CONF", "SQUEUE_STATES"):
        monkeypatch.setenv(name, "1")
    assert {name for name in slurm.environment() if name.startswith(("SLURM", "SBATCH", "SQUEUE"))} == {"SLURM_CONF"}
    assert slurm.environment()["PATH"] == os.environ["PATH"]

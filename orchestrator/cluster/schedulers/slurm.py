"""Slurm: writes its dialect, asks it for jobs, and cancels them.

| ours | sbatch |
| --- | --- |
| partition, account, qos | --partition, --account, --qos |
| slots, memory, time | --cpus-per-task, --mem (of the node, MiB), --time (whole minutes) |
| tasks of a step | --array=1-N%AT-ONCE; highest index 1000 unless MaxArraySize is raised |
| waits for whole steps | --dependency=afterok:1:2: after a comma, a bare id would mean afterany |
| waits task by task | --dependency=aftercorr:1 |
| a dependent of what failed | --kill-on-invalid-dep=yes, or it would wait for ever |
"""

import os
import re
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from orchestrator.cluster.dialect import Dialect
from orchestrator.cluster.scheduler_jobs import JobState, SchedulerError, SchedulerJob

_PATIENCE_S = 60
_WAITING = {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
# A suspended job goes on, and one that completes still has processes.
_RUNNING = {"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}
_NEVER = "DependencyNeverSatisfied"


def _after(whole: Sequence[str], paired: Sequence[str]) -> list[str]:
    kinds = [f"{kind}:{':'.join(ids)}" for kind, ids in (("afterok", whole), ("aftercorr", paired)) if ids]
    return [f"--dependency={','.join(kinds)}", "--kill-on-invalid-dep=yes"] if kinds else []


def _array(count: int, at_once: int | None) -> str:
    return f"1-{count}" + (f"%{at_once}" if at_once else "")


DIALECT = Dialect(
    option="#SBATCH",
    submit=("sbatch", "--parsable"),
    job_id="^[0-9]+",  # in a federation the cluster's name follows, behind a semicolon
    index_mark="%a",
    array=_array,
    after=_after,
)


def environment() -> dict[str, str]:
    """Ours without what a surrounding job or a user's defaults would add to every command."""
    return {
        name: value
        for name, value in os.environ.items()
        if name == "SLURM_CONF" or not name.startswith(("SLURM_", "SBATCH_", "SQUEUE_", "SACCT_", "SCANCEL_"))
    }


def find_jobs(names: Collection[str], since: str) -> list[SchedulerJob]:
    """Every job or array task with one of these names that was submitted since then, as far as Slurm remembers it.

    By name and not by id: a controller that crashed may give an id a second time. squeue knows what waits, runs or has
    ended within minutes; what it has forgotten, sacct knows where the site has accounting. One call each. Raises
    SchedulerError when Slurm does not answer: that means unknown, not gone.
    """
    if not names:
        return []
    listed = ",".join(sorted(names))
    fields = "%j|%F|%K|%T|%r"
    queue = _ask("squeue", "--noheader", "--array", "--states=all", f"--name={listed}", f"--format={fields}")
    jobs = [_from_squeue(line) for line in queue.splitlines()]
    forgotten = set(names) - {job.name for job in jobs}
    return jobs + (_from_accounting(forgotten, since) if forgotten else [])


def check_script(script: Path) -> None:
    """Raise SchedulerError where no node could ever do what the script asks for: such a job may wait for ever."""
    try:
        _ask("sbatch", "--test-only", str(script))
    except SchedulerError as error:
        message = f"{error.message}. Nothing has been submitted. Change --slots, --mem, --partition or the site file."
        raise SchedulerError(message, where=str(script)) from None


def cancel_jobs(job_ids: Collection[str]) -> None:
    """Cancel jobs or array tasks, by one call; those that have ended already are no mistake."""
    if job_ids:
        _ask("scancel", "--quiet", *sorted(job_ids))


def _from_squeue(line: str) -> SchedulerJob:
    name, job_id, index, word, reason = line.split("|", 4)
    number = int(index) if index.isdecimal() else None
    return SchedulerJob(name, job_id, number, _state(word), word, reason, never=reason == _NEVER)


def _from_accounting(names: Collection[str], since: str) -> list[SchedulerJob]:
    command = ["sacct", "--noheader", "--parsable2", "--allocations", f"--starttime={since}"]
    try:
        listed = _ask(*command, f"--name={','.join(sorted(names))}", "--format=JobName,JobID,State")
    except SchedulerError:
        return []  # this site has no accounting
    jobs = []
    for line in listed.splitlines():
        name, job_id, state = line.split("|", 2)
        found = re.fullmatch(r"(\d+)(?:_(\d+))?", job_id)
        if found and name in names:
            word = state.split()[0]  # CANCELLED by 1000
            jobs.append(SchedulerJob(name, found[1], int(found[2]) if found[2] else None, _state(word), word))
    return jobs


def _state(word: str) -> JobState:
    if word in _WAITING:
        return JobState.WAITING
    if word in _RUNNING:
        return JobState.RUNNING
    return JobState.COMPLETED if word == "COMPLETED" else JobState.FAILED


def _ask(*command: str) -> str:
    try:
        finished = subprocess.run(
            command, env=environment(), capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchedulerError(f"{' '.join(command[:2])} failed: {error}") from error
    if finished.returncode:
        said = finished.stderr.strip() or f"exit code {finished.returncode}"
        raise SchedulerError(f"{' '.join(command[:2])} failed: {said}")
    return finished.stdout

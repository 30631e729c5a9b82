"""Submitting: sends what has no sealed trace to the scheduler, job by job, each recorded before and after."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.cluster.dialect import find_dialect
from orchestrator.cluster.following import RunJobs, ask_scheduler
from orchestrator.cluster.paths import SubmissionPaths, submission_paths
from orchestrator.cluster.placement import Placement
from orchestrator.cluster.planned_run import PlannedRun, is_sealed
from orchestrator.cluster.scheduler_jobs import JobState, SchedulerError
from orchestrator.cluster.schedulers import slurm
from orchestrator.cluster.scripts import ScriptWriter
from orchestrator.cluster.sizing import Shape, choose_shape
from orchestrator.cluster.steps import Step, graph_steps, one_step
from orchestrator.cluster.submission import (
    Submission,
    new_submission_dir,
    record_attempt,
    record_job,
    record_plan,
    submissions_locked,
)
from orchestrator.run import now
from phase_worker.contract import ConfigError, PhaseRequest

_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was sent; `job_ids` by step, in their order."""

    submission: Submission
    shape: Shape
    job_ids: dict[str, str]


def submit_missing(run: PlannedRun, placement: Placement) -> Submitted | None:
    """Send what has no sealed trace, and is not waiting or running already, to Slurm; None if there is nothing.

    Killed at any point it can be called again: what Slurm had taken is found there by its name.
    """
    with submissions_locked(run.paths):
        jobs = ask_scheduler(run.paths)
        _cancel_doomed(run, jobs)
        missing = [request for request in run.requests if request.phase not in jobs.alive and not is_sealed(request)]
        if not missing:
            return None
        shape = choose_shape(missing, placement)
        number = _next_number(jobs)
        directory = submission_paths(run.paths, number).directory
        submission = _planned(jobs, number, missing, shape, "slurm", directory)
        writer = _write(submission, placement, missing)
        for step in submission.steps:
            slurm.check_script(writer.paths.script(step.name))
        record_plan(run.paths, submission)
        run.record_state("submitted")
        return Submitted(submission, shape, _send(run, writer))


def write_scripts(run: PlannedRun, placement: Placement, scheduler: str, directory: Path) -> Submission:
    """The scripts of what has no sealed trace, for a person to submit by `directory`/submit.sh.

    They are recorded, so that Slurm is asked for their jobs too.
    """
    find_dialect(scheduler)
    with submissions_locked(run.paths):
        jobs = ask_scheduler(run.paths)
        missing = [request for request in run.requests if not is_sealed(request)]
        if not missing:
            raise ConfigError(f"every phase of '{run.paths.workflow_id}' has its sealed trace.", code="E-NOTHING")
        if directory.exists():
            raise ConfigError("there is such a file or directory already: name a new one.", where=str(directory))
        shape = choose_shape(missing, placement)
        submission = _planned(jobs, _next_number(jobs), missing, shape, scheduler, directory.resolve())
        _write(submission, placement, missing)
        record_plan(run.paths, submission)
    return submission


def _cancel_doomed(run: PlannedRun, jobs: RunJobs) -> None:
    """Cancel what waits for a trace that nothing will make: Slurm does so only when all of an array has ended."""

    def is_doomed(request: PhaseRequest) -> bool:
        job = jobs.alive.get(request.phase)
        waits = job is not None and job.state is JobState.WAITING
        inputs = (run.by_name[name] for name in request.inputs if name in run.by_name and name not in jobs.alive)
        return waits and not all(map(is_sealed, inputs))

    while doomed := [request.phase for request in run.requests if is_doomed(request)]:
        jobs.cancel(doomed)


def _next_number(jobs: RunJobs) -> int:
    return 1 + max((recorded.submission.number for recorded in jobs.recorded), default=0)


def _planned(
    jobs: RunJobs, number: int, missing: Sequence[PhaseRequest], shape: Shape, scheduler: str, directory: Path
) -> Submission:
    # Of an array only the task: others of it may have failed.
    elsewhere = {phase: job.label for phase, job in jobs.alive.items()}
    steps = graph_steps(missing, shape.grouping, elsewhere) if shape.name == "graph" else one_step(missing, elsewhere)
    token = os.urandom(4).hex()
    return Submission(number, token, scheduler, shape.name, now(), str(directory), tuple(steps))


def _write(submission: Submission, placement: Placement, missing: Sequence[PhaseRequest]) -> ScriptWriter:
    """A directory that a submitter was killed in before it recorded anything is taken over."""
    paths = SubmissionPaths(Path(submission.directory))
    new_submission_dir(paths.directory)
    writer = ScriptWriter(submission, paths, placement, {request.phase: request for request in missing})
    writer.write()
    return writer


def _send(run: PlannedRun, writer: ScriptWriter) -> dict[str, str]:
    job_ids: dict[str, str] = {}
    for step in writer.submission.steps:
        record_attempt(run.paths, writer.submission, step.name)
        job_ids[step.name] = _send_step(writer, step, job_ids)
        record_job(run.paths, writer.submission, step.name, job_ids[step.name])
    return job_ids


def _send_step(writer: ScriptWriter, step: Step, job_ids: Mapping[str, str]) -> str:
    """The job's id; raises SchedulerError when the scheduler refuses, or does not answer."""
    words = writer.submit_words(step, job_ids.__getitem__)
    script = writer.paths.script(step.name)
    try:
        finished = subprocess.run(
            words, env=slurm.environment(), capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchedulerError(f"{words[0]}: {error}. {_advice(job_ids)}", where=str(script)) from error
    found = re.search(writer.dialect.job_id, finished.stdout)
    if finished.returncode or not found:
        said = finished.stderr.strip() or finished.stdout.strip() or f"exit code {finished.returncode}"
        raise SchedulerError(f"{words[0]} did not take the job: {said}. {_advice(job_ids)}", where=str(script))
    return found[0]


def _advice(job_ids: Mapping[str, str]) -> str:
    sent = f"Jobs {', '.join(job_ids.values())} have been submitted. " if job_ids else ""
    return f"{sent}Change the placement if need be, and send the rest by `daybreak cluster resubmit`."

"""How far a run on a cluster is: what is done is judged by sealed traces, what waits or runs by the scheduler."""

from dataclasses import dataclass

from orchestrator.cluster.following import RunJobs
from orchestrator.cluster.planned_run import PlannedRun, is_sealed
from orchestrator.cluster.scheduler_jobs import JobState, SchedulerJob
from orchestrator.text_table import table
from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseRequest, PhaseState, read_outcome

_STATES = {JobState.WAITING: PhaseState.PENDING, JobState.RUNNING: PhaseState.RUNNING}


@dataclass(frozen=True, slots=True)
class PhaseProgress:
    """`error` says why a phase failed, was skipped or is not under way; `sealed`, that its trace is there."""

    phase: str
    state: PhaseState
    error: ErrorReport | None = None
    sealed: bool = False


def run_progress(run: PlannedRun, jobs: RunJobs) -> dict[str, PhaseProgress]:
    """Every phase but the data phase's, in their order."""
    found: dict[str, PhaseProgress] = {}
    for request in run.requests:
        found[request.phase] = _progress(request, jobs, found)
    return found


def _progress(request: PhaseRequest, jobs: RunJobs, before: dict[str, PhaseProgress]) -> PhaseProgress:
    phase = request.phase
    outcome = own_outcome(request)
    if is_sealed(request):
        skipped = outcome is not None and outcome.passed_over
        return PhaseProgress(
            phase,
            PhaseState.SKIPPED if skipped else PhaseState.COMPLETED,
            outcome.error if outcome and skipped else None,
            sealed=True,
        )
    if phase in jobs.alive:
        return PhaseProgress(phase, _STATES[jobs.alive[phase].state])
    if outcome is not None and outcome.error is not None:
        return PhaseProgress(phase, outcome.status, _with_job(outcome.error, phase, jobs))
    inputs = [before[name] for name in request.inputs if name in before]
    failed = [f"'{each.phase}' {each.state}" for each in inputs if not each.sealed and each.state not in _MAY_COME]
    if failed:
        return PhaseProgress(phase, PhaseState.SKIPPED, ErrorReport("E-SKIPPED", f"not started: {', '.join(failed)}"))
    return _lost(phase, jobs)


_MAY_COME = {PhaseState.PENDING, PhaseState.RUNNING}


def own_outcome(request: PhaseRequest) -> PhaseOutcome | None:
    """The outcome of the latest attempt at this request."""
    outcome = read_outcome(request.paths.outcome(request.phase))
    return outcome if outcome and outcome.request_digest == request.digest else None


def _with_job(error: ErrorReport, phase: str, jobs: RunJobs) -> ErrorReport:
    """The error with the scheduler's word for the job, where it has one."""
    if phase not in jobs.ended:
        return error
    job = jobs.ended[phase]
    return ErrorReport(error.code, f"{error.message} Job {job.label} {job.said}, log: {jobs.logs[phase]}")


def _lost(phase: str, jobs: RunJobs) -> PhaseProgress:
    """A phase without a trace, an outcome or a job."""
    if phase in jobs.ended:
        job = jobs.ended[phase]
        message = f"its job {job.label} ended as {job.said} before the phase did. Log: {jobs.logs[phase]}."
        state = PhaseState.TIMED_OUT if job.said == "TIMEOUT" else PhaseState.FAILED
        return PhaseProgress(phase, state, ErrorReport("E-LOST", f"{message} {_RESUBMIT}"))
    for recorded in reversed(jobs.recorded):
        for step in recorded.submission.steps:
            if any(phase in task for task in step.tasks):
                return PhaseProgress(phase, *_unknown(recorded.job_ids.get(step.name), step.name))
    return PhaseProgress(phase, PhaseState.PENDING, ErrorReport("E-UNSENT", f"not submitted yet. {_RESUBMIT}"))


_RESUBMIT = "`daybreak cluster resubmit` sends it again."


def _unknown(job_id: str | None, step: str) -> tuple[PhaseState, ErrorReport]:
    if job_id is None:
        return PhaseState.PENDING, ErrorReport("E-UNSENT", f"step {step} has not been submitted. {_RESUBMIT}")
    message = f"job {job_id} (step {step}) is not known to the scheduler any more. {_RESUBMIT}"
    return PhaseState.FAILED, ErrorReport("E-LOST", message)


def progress_report(run: PlannedRun, jobs: RunJobs, progress: dict[str, PhaseProgress]) -> str:
    """For a person: the jobs that wait or run, how many phases are how far, and what went wrong."""
    parts = [f"{run.paths.workflow_id}: {_counts(progress)}"]
    if rows := _job_rows(jobs):
        parts.append(table([("job", "step", "reason", "waiting", "running"), *rows], left=3))
    failed = [entry for entry in progress.values() if entry.error and entry.state is not PhaseState.SKIPPED]
    parts += [f"{entry.phase} {entry.state}: {entry.error.message}" for entry in failed[:_SHOWN] if entry.error]
    if len(failed) > _SHOWN:
        parts.append(f"... and {len(failed) - _SHOWN} more")
    return "\n".join(parts)


_SHOWN = 20


def _counts(progress: dict[str, PhaseProgress]) -> str:
    states = [entry.state for entry in progress.values()]
    counted = [f"{states.count(state)} {state}" for state in PhaseState if state in states]
    return f"{len(states)} phases: {', '.join(counted)}"


def _job_rows(jobs: RunJobs) -> list[tuple[str, ...]]:
    rows: dict[tuple[str, str], list[SchedulerJob]] = {}
    for job in {job.label: job for job in jobs.alive.values()}.values():
        rows.setdefault((job.job_id, job.name.rsplit(".", 2)[1]), []).append(job)
    return [(*named, *_told(alike)) for named, alike in rows.items()]


def _told(alike: list[SchedulerJob]) -> tuple[str, str, str]:
    """Of tasks of one job: why those that wait do, how many that are, and how many run."""
    waiting = [job for job in alike if job.state is JobState.WAITING]
    reasons = ", ".join(sorted({job.reason for job in waiting}))
    return reasons, str(len(waiting)), str(len(alike) - len(waiting))

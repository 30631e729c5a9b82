"""Collecting: the result document of a run on a cluster, the same as that of a run on this machine."""

from dataclasses import replace

from orchestrator.cluster.following import RunJobs
from orchestrator.cluster.planned_run import PlannedRun, run_here
from orchestrator.cluster.progress import PhaseProgress, own_outcome, run_progress
from orchestrator.results import RunResult, run_result
from orchestrator.resume import completed_outcome
from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseRequest


def collect(run: PlannedRun, jobs: RunJobs) -> RunResult:
    """Check every trace against its seal, make outcomes that are missing from their traces, and give the result.

    A phase that still waits or runs has no results yet; the run's record then stays as it is.
    """
    progress = run_progress(run, jobs)
    outcomes = {"data": run.data}
    again = []
    for request in run.requests:
        done = completed_outcome(request)
        if done is None and progress[request.phase].sealed:
            # Its outcome is lost, or that of another attempt, but its trace is sealed: the phase will only extract.
            again.append(request)
        outcomes[request.phase] = done or _incomplete(request, progress[request.phase])
    if again:
        outcomes |= run_here(again)
    if not jobs.alive:
        run.record_end(outcomes)
    return run_result(run.paths, run.job.workflow, outcomes)


def _incomplete(request: PhaseRequest, progress: PhaseProgress) -> PhaseOutcome:
    """What is said in place of a phase that has no trace."""
    own = own_outcome(request)
    if own is not None and not own.completed and progress.error is not None:
        return replace(own, error=progress.error)
    return PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=request.phase,
        attempt=request.attempt,
        status=progress.state,
        request_digest=request.digest,
        error=progress.error or ErrorReport("E-UNFINISHED", "not finished yet: see `daybreak cluster status`"),
    )

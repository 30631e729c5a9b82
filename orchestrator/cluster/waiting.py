"""Running a workflow on a cluster to its end, from a process that waits for it."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator.cluster.collecting import collect
from orchestrator.cluster.following import RunJobs, ask_scheduler
from orchestrator.cluster.placement import read_placement, site_file
from orchestrator.cluster.planned_run import PlannedRun, begin_run
from orchestrator.cluster.progress import own_outcome
from orchestrator.cluster.scheduler_jobs import SchedulerError
from orchestrator.cluster.submitting import submit_missing
from orchestrator.job import Job
from orchestrator.results import RunResult
from phase_worker.contract import PhaseOutcome

logger = logging.getLogger(__name__)

# One question to the scheduler each time; the first ones come sooner, for runs that are soon done.
_FIRST_INTERVAL_S, _INTERVAL_S = 1.0, 15.0


def run_on_cluster(
    job: Job, traces_dir: Path, wishes: Mapping[str, str], on_outcome: Callable[[PhaseOutcome], None]
) -> RunResult:
    """Submit the job, wait until none of its scheduler jobs waits or runs, and give its result.

    It is placed by the site file of $DAYBREAK_SITE and, over it, the wishes, which are YAML values by its keys.
    Interrupted, this leaves the scheduler's jobs as they are: `daybreak cluster` goes on with the run.
    """
    placement = read_placement(site_file(), wishes)
    run = begin_run(job, traces_dir, on_outcome)
    submit_missing(run, placement)
    return collect(run, _await_end(run, on_outcome))


def _await_end(run: PlannedRun, on_outcome: Callable[[PhaseOutcome], None]) -> RunJobs:
    interval_s = _FIRST_INTERVAL_S
    told: set[str] = set()
    while True:
        try:
            jobs = ask_scheduler(run.paths)
            jobs.cancel_never()
        except SchedulerError as error:  # not known is not ended
            logger.warning("%s", error)
        else:
            _tell_ended(run, told, on_outcome)
            if not jobs.alive:
                return jobs
        time.sleep(interval_s)
        interval_s = min(2 * interval_s, _INTERVAL_S)


def _tell_ended(run: PlannedRun, told: set[str], on_outcome: Callable[[PhaseOutcome], None]) -> None:
    for request in run.requests:
        if request.phase not in told and (outcome := own_outcome(request)) is not None:
            told.add(request.phase)
            on_outcome(outcome)

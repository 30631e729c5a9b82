"""Following a run's scheduler jobs: which of its phases wait or run there, by one question to the scheduler."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.cluster.paths import SubmissionPaths
from orchestrator.cluster.scheduler_jobs import SchedulerJob
from orchestrator.cluster.schedulers import slurm
from orchestrator.cluster.submission import RecordedSubmission, read_record
from phase_worker.contract import RunPaths


@dataclass(frozen=True, slots=True)
class RunJobs:
    """By phase: in `alive` the job in which it waits or runs, in `ended` the last one it was in, in `logs` its log."""

    recorded: list[RecordedSubmission]
    alive: dict[str, SchedulerJob]
    ended: dict[str, SchedulerJob]
    logs: dict[str, Path]

    def cancel_never(self) -> None:
        """Cancel jobs that wait for what has failed, where the site does not let Slurm do that itself."""
        self.cancel([phase for phase, job in self.alive.items() if job.never])

    def cancel(self, phases: Iterable[str]) -> int:
        """Cancel the jobs of these phases, with all that is in them; how many that were."""
        labels = {self.alive[phase].label for phase in phases}
        slurm.cancel_jobs(labels)
        for phase in [phase for phase, job in self.alive.items() if job.label in labels]:
            self.ended[phase] = self.alive.pop(phase)
        return len(labels)


def ask_scheduler(paths: RunPaths) -> RunJobs:
    """What Slurm knows of this run's jobs; raises SchedulerError where it does not answer.

    Scripts of other schedulers are submitted by a person, who asks that scheduler.
    """
    recorded = read_record(paths)
    slurms = [entry.submission for entry in recorded if entry.submission.scheduler == "slurm"]
    names = {submission.job_name(paths.workflow_id, step.name) for submission in slurms for step in submission.steps}
    since = min((_slurm_time(submission.at) for submission in slurms), default="")
    by_name: dict[str, list[SchedulerJob]] = {}
    for job in slurm.find_jobs(names, since):
        by_name.setdefault(job.name, []).append(job)
    found = RunJobs(recorded, {}, {}, {})
    for submission in slurms:
        files = SubmissionPaths(Path(submission.directory))
        for step in submission.steps:
            for job in by_name.get(submission.job_name(paths.workflow_id, step.name), []):
                tasks = step.tasks if job.index is None else step.tasks[job.index - 1 : job.index]
                for phase in (phase for task in tasks for phase in task):
                    (found.alive if job.alive else found.ended)[phase] = job
                    found.logs[phase] = files.log(step.name, job.index)
    return found


def _slurm_time(at: str) -> str:
    """As sacct takes it: local time, without a zone."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%dT%H:%M:%S")

"""The files of a submission: a script per step, what its tasks run, and one script that submits them all."""

import math
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.cluster.dialect import Dialect, find_dialect, read_template, render
from orchestrator.cluster.paths import SubmissionPaths, check_plain
from orchestrator.cluster.placement import Placement
from orchestrator.cluster.sizing import JobSize, job_size
from orchestrator.cluster.steps import Step
from orchestrator.cluster.submission import Submission
from orchestrator.cluster.task_file import write_task
from orchestrator.executors.environment import PACKAGES_ROOT
from phase_worker.contract import PhaseRequest


@dataclass(frozen=True, slots=True)
class ScriptWriter:
    """Writes one submission's files below `paths`, for `requests` by phase."""

    submission: Submission
    paths: SubmissionPaths
    placement: Placement
    requests: Mapping[str, PhaseRequest]

    @property
    def dialect(self) -> Dialect:
        return find_dialect(self.submission.scheduler)

    def write(self) -> None:
        """All files; none is fsynced, since all can be made again."""
        template = read_template(self.submission.scheduler)
        for step in self.submission.steps:
            self.paths.tasks(step.name).mkdir(parents=True)
            for index, task in enumerate(step.tasks, start=1):
                write_task(self.paths.task(step.name, index), self.submission.number, [self.requests[p] for p in task])
            _write_executable(self.paths.script(step.name), render(template, self._fields(step)))
        _write_executable(self.paths.submit_script, self._submit_script())

    def submit_words(self, step: Step, job_id: Callable[[str], str]) -> list[str]:
        """The command that submits the script of `step`; `job_id` gives the job of a step that it waits for."""
        whole = [*map(job_id, step.after_all), *step.after_jobs]
        after = self.dialect.after(whole, [*map(job_id, step.after_each)])
        kept = [word for word in after if word not in self.placement.omit]
        script = [] if self.dialect.on_stdin else [str(self.paths.script(step.name))]
        return [*self.dialect.submit, *kept, *script]

    def _fields(self, step: Step) -> dict[str, str]:
        request = self.requests[step.tasks[0][0]]
        size = job_size(step, self.requests, self.placement, self.submission.shape)
        directory = check_plain(request.paths.run_dir)
        options = [f"{self.dialect.option} {option}" for option in self.placement.options]
        phases = sum(map(len, step.tasks))
        count = f"{len(step.tasks)} tasks, " if step.is_array else ""
        return {
            "title": f"Daybreak run {request.workflow_id}, step {step.name}: {count}{phases} phases",
            "name": self.submission.job_name(request.workflow_id, step.name),
            "partition": self.placement.partition or "",
            "account": self.placement.account or "",
            "qos": self.placement.qos or "",
            "array": self.dialect.array(len(step.tasks), self.placement.nodes) if step.is_array else "",
            "directory": str(directory),
            "log": str(self.paths.log(step.name, self.dialect.index_mark if step.is_array else None)),
            "options": "\n".join(options),
            "prologue": "\n".join(self.placement.prologue),
            "command": self._command(step),
            **_size_fields(size),
        }

    def _command(self, step: Step) -> str:
        """What a task runs; it takes the task's number as its last word."""
        python = ["env", f"PYTHONPATH={PACKAGES_ROOT}", sys.executable, "-P", "-m", "orchestrator.cluster.task"]
        words = shlex.join([*python, str(check_plain(self.paths.tasks(step.name)))])
        return f"{self.placement.launcher} {words}" if self.placement.launcher else words

    def _submit_script(self) -> str:
        """Each job's id goes into a variable, for those that wait for it."""
        lines = [
            "#!/bin/bash",
            f"# Submits the steps of a Daybreak run, each after those that it waits for ({self.submission.scheduler}).",
            "set -euo pipefail",
            'job_id() { grep -oE -m1 "$1" || { echo "error: no job id in what the scheduler said" >&2; exit 1; }; }',
        ]
        variables = {step.name: f"job_{number}" for number, step in enumerate(self.submission.steps, start=1)}
        for step in self.submission.steps:
            words = self.submit_words(step, lambda name: f"${{{variables[name]}}}")
            stdin = f" < {self.paths.script(step.name)}" if self.dialect.on_stdin else ""
            taken = f" | job_id {shlex.quote(self.dialect.job_id)}"
            lines += [
                f"{variables[step.name]}=$({_shell_line(words)}{stdin}{taken})",
                f'echo "{step.name}: job ${{{variables[step.name]}}}"',
            ]
        return "\n".join(lines) + "\n"


def _size_fields(size: JobSize) -> dict[str, str]:
    minutes = math.ceil(size.time_s / 60)
    memory_mib = math.ceil(size.memory_bytes / 2**20)
    return {
        "cpus": str(size.slots),
        "several_cpus": str(size.slots) if size.slots > 1 else "",
        "memory_mib": str(memory_mib),
        "memory_mib_per_slot": str(math.ceil(memory_mib / size.slots)),
        "minutes": str(minutes),
        # It may come another minute early: in a job of a minute or two, at its start.
        "notice_s": "60" if minutes > 2 else "",
        "clock": f"{minutes // 60:02d}:{minutes % 60:02d}:00",
    }


def _shell_line(words: Sequence[str]) -> str:
    """The words for a shell that is to put in the ids, which are plain."""
    return " ".join(f'"{word}"' if "${" in word else shlex.quote(word) for word in words)


def _write_executable(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
    path.chmod(0o755)

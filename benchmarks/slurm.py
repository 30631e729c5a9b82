"""What Daybreak costs on Slurm: `tests/slurm/cluster during .venv/bin/python -m benchmarks.slurm` writes slurm.md."""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from benchmarks.places import ROOT
from benchmarks.tables import mebibytes, seconds, table, times, write_section
from orchestrator.cluster.paths import SubmissionPaths
from orchestrator.cluster.placement import read_placement
from orchestrator.cluster.scripts import ScriptWriter
from orchestrator.cluster.sizing import choose_shape
from orchestrator.cluster.steps import graph_steps
from orchestrator.cluster.submission import Submission
from orchestrator.job import parse_job
from orchestrator.plan import DataFacts, RunSetup, plan_requests
from orchestrator.workflows.walk_forward import walk_forward
from phase_worker.contract import Limits, RunPaths

PAGE = Path(__file__).with_name("slurm.md")
SPY_JOB = ROOT / "jobs" / "examples" / "walk_forward.yaml"
WINDOWS_500 = ("--set", "windows.train=1297", "--set", "windows.test=9", "--set", "trace.level=metrics")
DAYBREAK = (sys.executable, "-P", "-m", "orchestrator")
AT_ONCE = 12  # processors of the virtual nodes
ROUNDS = 3
MANY_ROUNDS = 1


@dataclass(frozen=True)
class Timed:
    """`submit_s` until the command returned, `wall_s` until the last job had ended; `jobs` and arrays."""

    submit_s: float
    wall_s: float
    jobs: int


Measure = Callable[..., Timed]


def run(folder: Path, *command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def await_end(folder: Path) -> None:
    while run(folder, "squeue", "--noheader", "--format=%i").strip():
        time.sleep(0.1)  # the same for all that is compared: to ask takes the scheduler and the machine some time too


def by_slurm(folder: Path, job: Path, *options: object) -> Timed:
    """Submit with Daybreak, and wait."""
    started_s = time.perf_counter()
    said = run(folder, *DAYBREAK, "cluster", "submit", job, "--workflow-id", "wf", *options)
    submit_s = time.perf_counter() - started_s
    await_end(folder)
    wall_s = time.perf_counter() - started_s
    assert 'success": true' in run(folder, *DAYBREAK, "cluster", "collect", "wf", "--json")
    return Timed(submit_s, wall_s, len(re.findall("^job ", said, re.MULTILINE)))


def write_scripts(folder: Path, job: Path, *options: object) -> list[Path]:
    run(folder, *DAYBREAK, "cluster", "script", job, "--workflow-id", "wf", "-o", "scripts", *options)
    return sorted((folder / "scripts").glob("[0-9]*.sh"))


def with_command(command: str, folder: Path, job: Path, *options: object) -> Timed:
    """The same jobs and arrays with another command, which takes the task's number, submitted by their submit.sh."""
    for script in write_scripts(folder, job, *options):
        text = re.sub(
            r"^exec .* (?=\S+$)", f"STEP={script.stem} exec {command} ", script.read_text(), flags=re.MULTILINE
        )
        script.write_text(text)
    started_s = time.perf_counter()
    said = run(folder, folder / "scripts" / "submit.sh")
    submit_s = time.perf_counter() - started_s
    await_end(folder)
    return Timed(submit_s, time.perf_counter() - started_s, len(said.splitlines()))


def direct(own: str, folder: Path, job: Path, *options: object) -> Timed:
    """The same scripts without a scheduler: step by step, the tasks of each side by side as far as the nodes go.

    The time of each task goes into a file below `own`, named by its step and number.
    """
    scripts = write_scripts(folder, job, *options)
    started_s = time.perf_counter()
    for script in scripts:
        tasks = len(list((folder / "scripts" / "tasks" / script.stem).glob("*.json")))
        numbers = "\n".join(str(number) for number in range(1, tasks + 1))
        timed = f"TIMEFORMAT=%R; {{ time bash {script} > /dev/null 2>&1; }} 2> {own}/{script.stem}.{{}}"
        command = ["xargs", "-P", str(AT_ONCE), "-I", "{}", "env", "SLURM_ARRAY_TASK_ID={}", "bash", "-c", timed]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, input=numbers, text=True)
    return Timed(0.0, time.perf_counter() - started_s, 0)


def here(folder: Path, job: Path, *options: object) -> Timed:
    """The same run without a scheduler."""
    started_s = time.perf_counter()
    run(folder, *DAYBREAK, "run", job, "--workflow-id", "wf", "--json", *options)
    return Timed(0.0, time.perf_counter() - started_s, 0)


def in_turn(rounds: int, *measured: tuple[Measure, tuple[str, ...]]) -> list[list[Timed]]:
    """Each of them in every round, in alternating order, in a directory of its own."""
    found: list[list[Timed]] = [[] for _ in measured]
    for number in range(rounds):
        numbered = list(enumerate(measured))
        for which, (function, options) in numbered if number % 2 == 0 else reversed(numbered):
            with tempfile.TemporaryDirectory() as folder:
                found[which].append(function(Path(folder), SPY_JOB, *options))
    return found


def middle(series: Sequence[Timed]) -> str:
    return seconds(median(timed.wall_s for timed in series))


def spy_rows() -> str:
    """Against the scheduler's own time for the same jobs, when they do nothing and when they sleep as long."""
    shapes = {
        "allocation": ("--shape", "allocation"),
        "graph, 7 windows a task": ("--shape", "graph", "--group", "7"),
    }
    rows = []
    for name, options in shapes.items():
        with tempfile.TemporaryDirectory() as own:
            asleep = f"""bash -c 'exec sleep "$(cat {own}/$STEP.$0)"'"""
            kinds = (by_slurm, partial(with_command, "true"), partial(direct, own), partial(with_command, asleep))
            rounds = list(zip(*in_turn(ROUNDS, *((kind, options) for kind in kinds)), strict=True))
        ours, bares, directs, sleeps = zip(*rounds, strict=True)
        ratio = median(a.wall_s / (b.wall_s + c.wall_s) for a, b, c, _ in rounds)
        to_asleep = median(a.wall_s / d.wall_s for a, _, _, d in rounds)
        after_submission = median((a.wall_s - a.submit_s) / (d.wall_s - d.submit_s) for a, _, _, d in rounds)
        submit_s = median(timed.submit_s for timed in ours)
        figures = [seconds(submit_s), *map(middle, (ours, bares, directs, sleeps))]
        rows.append([name, str(ours[0].jobs), *figures, *map(times, (ratio, to_asleep, after_submission))])
        sys.stderr.write(" | ".join(rows[-1]) + "\n")
    heads = (
        "submitted in",
        "wall",
        "`true`",
        "tasks alone",
        "`sleep`",
        "to `true` + alone",
        "to `sleep`",
        "after submission",
    )
    return table(("SPY, 19 windows", "jobs", *heads), rows)


def submitted(folder: Path, job: Path, *options: object) -> Timed:
    """Submit with Daybreak, and cancel."""
    started_s = time.perf_counter()
    said = run(folder, *DAYBREAK, "cluster", "submit", job, "--workflow-id", "wf", *options)
    submit_s = time.perf_counter() - started_s
    run(folder, *DAYBREAK, "cluster", "cancel", "wf")
    await_end(folder)
    return Timed(submit_s, 0.0, len(re.findall("^job ", said, re.MULTILINE)))


def submission_rows() -> str:
    """How long the command takes, and how many jobs and arrays it makes."""
    shapes = {
        "allocation": ("--shape", "allocation"),
        "graph, a minute a task": ("--shape", "graph", "--phase-time", "0.1s"),
        "graph, every stage an array": ("--shape", "graph", "--phase-time", "20m"),
    }
    rows = []
    for name, options in shapes.items():
        (series,) = in_turn(ROUNDS, (submitted, (*WINDOWS_500, *options)))
        rows.append([name, str(series[0].jobs), seconds(median(timed.submit_s for timed in series))])
    return table(("500 windows, 1,502 phases", "jobs and arrays", "submitted in"), rows)


def many_rows() -> str:
    """Against the same run without a scheduler."""
    ours, local = in_turn(MANY_ROUNDS, (by_slurm, (*WINDOWS_500, "--shape", "allocation")), (here, WINDOWS_500))
    ratio = median(a.wall_s / b.wall_s for a, b in zip(ours, local, strict=True))
    row = ["allocation", middle(ours), middle(local), times(ratio)]
    return table(("500 windows, 1,502 phases", "wall", "`daybreak run`", "ratio"), [row])


def planning(windows: int) -> dict[str, float]:
    """Plan, group and render a walk-forward of so many windows, in this process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started_s = time.perf_counter()
        job = parse_job(SPY_JOB, overrides={"windows.train": "1000", "windows.test": "10"})
        facts = DataFacts("d1" * 32, "SPY", 1000 + 10 * windows, "2000", "2020", 252.0)
        setup = RunSetup(RunPaths(folder, "wf"), Limits(2**30, 600.0), ("portfolio_metrics",))
        requests = plan_requests(walk_forward(job, facts), setup)
        planned_s = time.perf_counter() - started_s
        placement = read_placement(None, {"shape": "graph", "phase_time": "0.5s"})
        steps = tuple(graph_steps(requests, choose_shape(requests, placement).grouping))
        grouped_s = time.perf_counter() - started_s
        submission = Submission(1, "token", "slurm", "graph", "", str(folder / "1"), steps)
        by_name = {request.phase: request for request in requests}
        ScriptWriter(submission, SubmissionPaths(folder / "1"), placement, by_name).write()
        return {
            "phases": len(requests),
            "jobs": len(steps),
            "tasks": sum(len(step.tasks) for step in steps),
            "planned_s": planned_s,
            "grouped_s": grouped_s - planned_s,
            "rendered_s": time.perf_counter() - started_s - grouped_s,
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def planning_rows() -> str:
    code = "import json; from benchmarks.slurm import planning; print(json.dumps(planning({})))"
    rows = []
    for windows in (500, 33_334):
        found = json.loads(run(ROOT, sys.executable, "-c", code.format(windows)))
        rows.append(
            [
                f"{found['phases']:,}",
                str(found["jobs"]),
                f"{found['tasks']:,}",
                *(seconds(found[name]) for name in ("planned_s", "grouped_s", "rendered_s")),
                mebibytes(found["peak_bytes"]),
            ]
        )
    return table(("phases", "jobs and arrays", "tasks", "planned", "grouped", "written", "peak memory"), rows)


def main() -> None:
    """All tables, or those that are named."""
    sections = {
        "planning": (planning_rows, 1),
        "submissions": (submission_rows, ROUNDS),
        "spy": (spy_rows, ROUNDS),
        "many": (many_rows, MANY_ROUNDS),
    }
    for name in sys.argv[1:] or sections:
        rows, rounds = sections[name]
        write_section(PAGE, name, f"{rows()}\n\n{machine(rounds)}")


if __name__ == "__main__":
    main()

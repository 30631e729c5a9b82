"""One trial: a scenario is disturbed once, brought to its end, and judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from tests.chaos.beside import Beside
from tests.chaos.checker import SealedFile, Verdict, judge_executions, judge_stability, judge_traces, sealed_files
from tests.chaos.faults import Action, Call, Fault
from tests.chaos.processes import kill_children, run_to_end, survivors_of
from tests.chaos.sandbox import ROOT, Sandbox
from tests.chaos.scenario import Scenario, digests
from tests.chaos.supervisor import run_watched

BY_ITSELF = "ended well by itself"
DEADLINE_S = 180.0  # a queue waits half a minute after a passing failure, and a minute after the next


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a scenario does and leaves when nothing goes wrong."""

    calls: list[Call]
    digests: dict[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial's result; `done` is false if the fault was never due, `folder` is kept if something is wrong."""

    what: str
    done: bool
    verdict: Verdict
    stderr: str = ""
    folder: Path | None = None
    notes: tuple[str, ...] = field(default=())


def run_undisturbed(scenario: Scenario, folder: Path, *, reads: bool = False, root: Path = ROOT) -> Undisturbed:
    """Raises AssertionError if the scenario is not good by itself."""
    sandbox = scenario.new_sandbox(folder, root)
    ended = run_watched(scenario.command(sandbox), reads=reads)
    assert ended.exit_code == 0, ended.stderr
    for command in scenario.again(sandbox):
        code, stderr = run_to_end(command)
        assert code == 0, stderr
    left = Undisturbed(ended.calls, digests(sandbox))
    assert left.digests, "it leaves no traces"
    kill_children()
    rmtree(folder)
    return left


def run_trial(
    scenario: Scenario,
    fault: Fault,
    expected: Mapping[str, str],
    folder: Path,
    *,
    reads: bool = False,
    root: Path = ROOT,
) -> Trial:
    """Do the fault, start again, judge."""
    sandbox = scenario.new_sandbox(folder, root)
    verdict, beside = Verdict(), Beside(lambda: (scenario.beside or scenario.again)(sandbox), sandbox.traces)
    command = scenario.command(sandbox)
    ended = run_watched(command, fault, reads=reads, deadline_s=DEADLINE_S, meanwhile=beside.run)
    if ended.hung or not beside.finish(DEADLINE_S):
        verdict.add("hung", "disturbed")
    elif fault.action is Action.TERM:
        scenario.judge_stop(sandbox, verdict)
    judge_traces(sandbox.traces, expected, verdict, complete=False)
    judge_stability(beside.left, sealed_files(sandbox.traces), verdict)
    if fault.action is Action.HOLD and scenario.executes_once:
        judge_executions(sandbox.executions, verdict, once=True)
    bring_to_its_end(scenario, sandbox, expected, sealed_files(sandbox.traces), verdict)
    notes = (BY_ITSELF,) if ended.exit_code == 0 else ()
    return end_trial(str(fault), sandbox, verdict, done=ended.done > 0, stderr=ended.stderr, notes=notes)


def bring_to_its_end(
    scenario: Scenario,
    sandbox: Sandbox,
    expected: Mapping[str, str],
    sealed: Mapping[str, SealedFile],
    verdict: Verdict,
) -> None:
    """Start the scenario again, undisturbed, and judge what is there then; `sealed` was there before."""
    for command in scenario.again(sandbox):
        code, stderr = run_to_end(command)
        if code is None:
            verdict.add("hung", "started again")
        elif code != 0:
            verdict.add("lost", f"started again, it exits with {code}: {stderr.strip()[-500:]}")
    judge_traces(sandbox.traces, expected, verdict, complete=True)
    judge_stability(sealed, sealed_files(sandbox.traces), verdict)
    judge_executions(sandbox.executions, verdict)
    if verdict.good:
        scenario.judge(sandbox, verdict)


def end_trial(
    what: str, sandbox: Sandbox, verdict: Verdict, *, done: bool, stderr: str = "", notes: tuple[str, ...] = ()
) -> Trial:
    """Count and kill what is left of processes, and remove the folder of a good trial."""
    for pid in sorted({*survivors_of(sandbox.folder), *kill_children()}):
        verdict.add("survivors", str(pid))
    if verdict.good:
        rmtree(sandbox.folder)
    return Trial(what, done, verdict, stderr, None if verdict.good else sandbox.folder, notes)

"""Power cuts: the states that a cut at each system call may leave are built, recovered from and judged."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from tests.chaos.campaign import Tally, Workers
from tests.chaos.checker import Verdict
from tests.chaos.disk_model import DiskModel, Model, State, build
from tests.chaos.faults import Call
from tests.chaos.processes import kill_children
from tests.chaos.sandbox import ROOT, Sandbox
from tests.chaos.scenario import digests
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.supervisor import run_watched
from tests.chaos.trial import Trial, bring_to_its_end, end_trial


@dataclass(frozen=True, slots=True)
class Cut:
    """A state after a power cut; `acknowledged` are the traces that the command had said were done."""

    what: str
    folder: Path
    state: State
    acknowledged: frozenset[str]


def power_cuts(crew: Workers, scenario: str, model: Model = "journal", *, every: int = 1, root: Path = ROOT) -> Tally:
    """A trial for every `every`-th of the different states that a cut during, or after, the scenario can leave."""
    cuts, expected = crew.call(record_cuts, scenario, crew.new_folder(), model, root)
    tasks = [(recover_from, (scenario, cut, expected, crew.new_folder(), root)) for cut in cuts[::every]]
    return crew.tally(f"{scenario}: power cut ({model})", tasks)


def record_cuts(scenario: str, folder: Path, model: Model, root: Path) -> tuple[list[Cut], dict[str, str]]:
    """All different states, in the order of the calls, and the digests of the traces in the end."""
    sandbox = SCENARIOS[scenario].new_sandbox(folder, root)
    disk = DiskModel(sandbox.state, model)
    cuts: dict[str, Cut] = {}

    def keep(when: str, acknowledged: frozenset[str] = frozenset()) -> None:
        for case, state in disk.states(seed=len(cuts)):
            cuts.setdefault(
                f"{_key(state)} {bool(acknowledged)}", Cut(f"{when}: {case}", sandbox.folder, state, acknowledged)
            )

    def observe(call: Call) -> None:
        disk.observe(call)
        keep(f"before {call}")

    ended = run_watched(SCENARIOS[scenario].command(sandbox), observe=observe)
    disk.finish()
    assert ended.exit_code == 0, ended.stderr
    keep("at the end", frozenset(path.name for path in sandbox.traces.glob("*.jsonl")))
    found = digests(sandbox)
    kill_children()
    rmtree(folder)
    return list(cuts.values()), found


def _key(state: State) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(state.items()):
        digest.update(repr((name, content)).encode())
    return digest.hexdigest()


def recover_from(scenario: str, cut: Cut, expected: Mapping[str, str], folder: Path, root: Path) -> Trial:
    """Start again after the cut, and judge."""
    sandbox = Sandbox(folder, root)
    SCENARIOS[scenario].new_sandbox(folder, root)
    rmtree(sandbox.state)
    sandbox.state.mkdir()
    build(cut.state, sandbox.state, was=cut.folder, now=folder)
    verdict = Verdict()
    for name in sorted(cut.acknowledged - {path.name for path in sandbox.traces.glob("*.jsonl")}):
        verdict.add("lost", f"{name} was acknowledged")
    bring_to_its_end(SCENARIOS[scenario], sandbox, expected, {}, verdict)
    return end_trial(cut.what, sandbox, verdict, done=True)

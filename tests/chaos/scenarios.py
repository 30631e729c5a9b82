"""What the campaign disturbs: a command in a folder of its own, how it is started again, and what must come of it."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.executors.cold_start import phase_command, phase_environment
from phase_worker.__main__ import main as run_phase_process
from phase_worker.contract import Limits, PhaseRequest, Plugin, plugin_digest
from phase_worker.runner import run_phase as _preloaded  # noqa: F401 -- before the forks, as a fork server does
from tests.chaos.checker import Verdict, digest_of
from tests.chaos.processes import Command
from tests.fakes.market import sha256_of
from tests.fakes.scripted_jobs import write_bars

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).with_name("counted_topology.py")
BARS = 30


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A folder with jobs and data; Daybreak, from the checkout `root`, writes below state/ only."""

    folder: Path
    root: Path = ROOT

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def traces(self) -> Path:
        return self.state / "traces"

    @property
    def executions(self) -> Path:
        """Written by the plugin's phases."""
        return self.folder / "executions.log"

    def command(self, *arguments: str) -> Command:
        """`daybreak …`, in the folder."""
        words = [sys.executable, "-P", "-m", "orchestrator", *arguments]
        return Command(words, os.environ | {"PYTHONPATH": str(self.root)}, self.folder, self.state)

    def phase(self, name: str) -> Command:
        """The phase process for the request of that name, as a fork of this process: a hundred times as fast."""
        request = PhaseRequest.from_json((self.traces / "wf-1" / f"{name}.request.json").read_bytes())
        words = phase_command(request)
        return Command(
            words, phase_environment(request), self.traces / "wf-1", self.state, lambda: run_phase_process(words[-1:])
        )

    def write_inputs(self) -> None:
        """The data and the plugin that jobs name."""
        write_bars(self.folder, BARS)
        shutil.copy(PLUGIN, self.folder)

    def write_job(self, name: str, phases: dict[str, Any], **changes: Any) -> Path:
        """A job file NAME.yaml of these phases, which is also its workflow_id."""
        job = {
            "workflow": "custom",
            "workflow_id": name,
            "strategy": "buy_and_hold",
            "data_file": "SPY.csv",
            "plugins": [PLUGIN.name],
            "phases": phases,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(job | changes, indent=1))
        return path


def counted(*after: str, deed: str | None = None) -> dict[str, Any]:
    """A phase of the topology `counted`, after others."""
    return {"topology": "counted", "depends_on": list(after), "config": {"deed": deed} if deed else {}}


def _nothing_more(sandbox: Sandbox, verdict: Verdict) -> None:
    """The traces say it all."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`command` is disturbed, `again` is what brings everything to its end afterwards.

    `judge` adds what is wrong with the state that there is in the end, beyond the traces.
    """

    name: str
    prepare: Callable[[Sandbox], None]
    command: Callable[[Sandbox], Command]
    again: Callable[[Sandbox], list[Command]]
    judge: Callable[[Sandbox, Verdict], None] = _nothing_more

    def new_sandbox(self, folder: Path, root: Path = ROOT) -> Sandbox:
        sandbox = Sandbox(folder, root)
        sandbox.state.mkdir(parents=True)
        sandbox.write_inputs()
        self.prepare(sandbox)
        return sandbox


def digests(sandbox: Sandbox) -> dict[str, str]:
    """The digest of each trace by its name."""
    return {path.name: digest_of(path) for path in sorted(sandbox.traces.glob("*.jsonl"))}


def run_scenario(start: str) -> Scenario:
    """`daybreak run` of three phases, of which one leaves a daemon."""

    def prepare(sandbox: Sandbox) -> None:
        sandbox.write_job("wf-1", {"first": counted(deed="leave daemon"), "last": counted("first")})

    def command(sandbox: Sandbox) -> Command:
        return sandbox.command("run", "wf-1.yaml", "--traces", "state/traces", "--slots", "1", "--start", start)

    return Scenario(f"run, {start}", prepare, command, lambda sandbox: [command(sandbox)], _judge_run)


def _judge_run(sandbox: Sandbox, verdict: Verdict) -> None:
    state = json.loads((sandbox.traces / "wf-1" / "run.json").read_bytes())["state"]
    if state != "done":
        verdict.add("lost", f"run.json says {state}")


def phase_scenario() -> Scenario:
    """One phase process by itself, which reads market data, fills the bars cache and says what it found."""

    def prepare(sandbox: Sandbox) -> None:
        data = sandbox.folder / "SPY.csv"
        plugin = sandbox.folder / PLUGIN.name
        request = PhaseRequest(
            workflow_id="wf-1",
            phase="data",
            topology="market_data",
            config={
                "bars": {"sha256": sha256_of(data), "symbol": "SPY", "prices": "raw"},
                "trace": {"level": "full", "bars": False},
            },
            traces_dir=sandbox.traces,
            limits=Limits(memory_bytes=1 << 30, time_s=60.0),
            extractors=("data", "data_warnings"),
            plugins=(Plugin(plugin, plugin_digest(plugin)),),
            sources={sha256_of(data): data},
        )
        request.paths.run_dir.mkdir(parents=True)
        request.paths.request("data").write_bytes(request.to_json())

    def command(sandbox: Sandbox) -> Command:
        return sandbox.phase("data")

    return Scenario("phase alone", prepare, command, lambda sandbox: [command(sandbox)])


SCENARIOS = {scenario.name: scenario for scenario in (run_scenario("warm"), run_scenario("cold"), phase_scenario())}

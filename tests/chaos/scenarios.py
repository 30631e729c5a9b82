"""The scenarios by their names; those of one run, and of one phase."""

import json
from dataclasses import replace

from phase_worker.contract import Limits, PhaseRequest, Plugin, plugin_digest
from tests.chaos.checker import Verdict
from tests.chaos.processes import Command
from tests.chaos.queue_scenarios import QUEUE_SCENARIOS
from tests.chaos.sandbox import PLUGIN, Sandbox, counted
from tests.chaos.scenario import Scenario
from tests.fakes.market import sha256_of

SECOND = "second.request.json"


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
        (sandbox.folder / SECOND).write_bytes(replace(request, attempt=2).to_json())

    def command(sandbox: Sandbox) -> Command:
        return sandbox.phase(sandbox.traces / "wf-1" / "data.request.json")

    def beside(sandbox: Sandbox) -> list[Command]:
        return [sandbox.phase(sandbox.folder / SECOND)]

    return Scenario("phase alone", prepare, command, lambda sandbox: [command(sandbox)], beside=beside)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (run_scenario("warm"), run_scenario("cold"), phase_scenario(), *QUEUE_SCENARIOS)
}

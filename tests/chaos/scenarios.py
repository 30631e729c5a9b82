"""What the campaign disturbs: a command, how it is started again, and what must come of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phase_worker.contract import Limits, PhaseRequest, Plugin, plugin_digest
from tests.chaos.checker import Verdict, digest_of, judge_places
from tests.chaos.processes import Command, run_to_end
from tests.chaos.sandbox import PLUGIN, ROOT, Sandbox, counted
from tests.fakes.market import sha256_of

JOBS = ("job-1", "job-2")


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


def queue_command(sandbox: Sandbox, *words: str) -> Command:
    """A command of the queue, on the sandbox's."""
    return sandbox.command(*words, "--queue", "state/jobs")


def submit(sandbox: Sandbox, *names: str) -> Command:
    """`daybreak submit` of these job files."""
    files = [f"{name}.yaml" for name in names]
    return queue_command(sandbox, "submit", *files, "--traces", "state/traces", "--allow-root", ".")


def drain(sandbox: Sandbox, *options: str) -> Command:
    """`daybreak drain`, one phase at a time."""
    common = ("--traces", "state/traces", "--allow-root", ".", "--slots", "1")
    return queue_command(sandbox, "drain", *common, *options)


def release_and_drain(sandbox: Sandbox) -> list[Command]:
    """What is deferred after a passing failure would be started again in half a minute: now, then."""
    waiting = [path.stem for path in (sandbox.state / "jobs" / "deferred").glob("*.json")]
    release = [queue_command(sandbox, "queue", "release", *waiting)] if waiting else []
    return [*release, drain(sandbox)]


def write_queue_jobs(sandbox: Sandbox) -> None:
    """Two jobs, of which one leaves a daemon."""
    sandbox.write_job("job-1", {"first": counted(deed="leave daemon"), "last": counted("first")})
    sandbox.write_job("job-2", {"only": counted()})


def prepare_queue(sandbox: Sandbox) -> None:
    """The same, submitted."""
    write_queue_jobs(sandbox)
    code, stderr = run_to_end(submit(sandbox, *JOBS))
    assert code == 0, stderr


def _judge_queue(sandbox: Sandbox, verdict: Verdict) -> None:
    judge_places(sandbox.state / "jobs", dict.fromkeys(JOBS, ("done",)), verdict)


def drain_scenario() -> Scenario:
    """`daybreak drain` of two jobs."""
    return Scenario("drain", prepare_queue, drain, release_and_drain, _judge_queue)


def submit_scenario() -> Scenario:
    """`daybreak submit` of two jobs, done again and then drained."""

    def command(sandbox: Sandbox) -> Command:
        return submit(sandbox, *JOBS)

    def again(sandbox: Sandbox) -> list[Command]:
        return [command(sandbox), drain(sandbox)]

    return Scenario("submit", write_queue_jobs, command, again, _judge_queue)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        run_scenario("warm"),
        run_scenario("cold"),
        phase_scenario(),
        drain_scenario(),
        submit_scenario(),
    )
}

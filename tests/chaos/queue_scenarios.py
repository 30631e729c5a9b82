"""The commands of the queue, disturbed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.chaos.checker import Verdict, judge_places, places_of
from tests.chaos.processes import Command, run_to_end
from tests.chaos.sandbox import PLUGIN, Sandbox, counted
from tests.chaos.scenario import Scenario

JOBS = ("job-1", "job-2")
DEAD = "host-1-dead"


def queue_command(sandbox: Sandbox, *words: str) -> Command:
    """A command of the queue, on the sandbox's."""
    return sandbox.command(*words, "--queue", "state/jobs")


def submit(sandbox: Sandbox, *names: str) -> Command:
    """`daybreak submit` of these job files."""
    files = [f"{name}.yaml" for name in names]
    return queue_command(sandbox, "submit", *files, "--traces", "state/traces", "--allow-root", ".")


def drain(sandbox: Sandbox, command: str = "drain") -> Command:
    """`daybreak drain`, or `serve`, one phase at a time."""
    common = ("--traces", "state/traces", "--allow-root", ".", "--slots", "1")
    return queue_command(sandbox, command, *common)


def drain_all(sandbox: Sandbox) -> Iterator[Command]:
    """Drain all, at once: a passing failure would be waited for half a minute, and what was put aside, for good."""
    yield from _act_on(sandbox, "release", "deferred", "held")
    yield from _act_on(sandbox, "retry", "cancelled")
    yield drain(sandbox)
    if retry := _act_on(sandbox, "retry", "cancelled"):  # a request to cancel that was left by a coordinator that died
        yield from [*retry, drain(sandbox)]


def _act_on(sandbox: Sandbox, action: str, *states: str) -> list[Command]:
    names = sorted(name for name, found in places_of(sandbox.state / "jobs").items() if found[0] in states)
    return [queue_command(sandbox, "queue", action, *names)] if names else []


def submit_and_drain_all(sandbox: Sandbox) -> Iterator[Command]:
    """Drain also what the queue does not know, or has forgotten."""
    yield submit(sandbox, *JOBS)
    yield from drain_all(sandbox)


def write_queue_jobs(sandbox: Sandbox) -> None:
    """Two jobs, of which one leaves a daemon."""
    sandbox.write_job("job-1", {"first": counted(deed="leave daemon"), "last": counted("first")})
    sandbox.write_job("job-2", {"only": counted()})


def prepare_queue(sandbox: Sandbox) -> None:
    """The same, submitted."""
    write_queue_jobs(sandbox)
    _do(submit(sandbox, *JOBS))


def _do(command: Command) -> None:
    code, stderr = run_to_end(command)
    assert code == 0, stderr


def _judge_queue(sandbox: Sandbox, verdict: Verdict) -> None:
    judge_places(sandbox.state / "jobs", dict.fromkeys(JOBS, ("done",)), verdict)


def _judge_handed_back(sandbox: Sandbox, verdict: Verdict) -> None:
    judge_places(sandbox.state / "jobs", dict.fromkeys(JOBS, ("new", "done")), verdict)


def drain_scenario() -> Scenario:
    """`daybreak drain` of two jobs."""
    return Scenario("drain", prepare_queue, drain, drain_all, _judge_queue, judge_stop=_judge_handed_back)


def serve_scenario() -> Scenario:
    """`daybreak serve` of two jobs, asked to stop when both are done."""

    def command(sandbox: Sandbox) -> Command:
        done = [sandbox.state / "jobs" / "done" / f"{name}.json" for name in JOBS]
        return replace(drain(sandbox, "serve"), may_end=lambda: all(path.exists() for path in done))

    return Scenario("serve", prepare_queue, command, drain_all, _judge_queue, judge_stop=_judge_handed_back)


def dropped_scenario() -> Scenario:
    """`daybreak drain` of two job files that were copied into the queue directory."""

    def prepare(sandbox: Sandbox) -> None:
        write_queue_jobs(sandbox)
        queue = sandbox.state / "jobs"
        queue.mkdir(mode=0o700)
        for name in JOBS:
            text = (sandbox.folder / f"{name}.yaml").read_text()
            (queue / f"{name}.yaml").write_text(
                text.replace("SPY.csv", "../../SPY.csv").replace(PLUGIN.name, f"../../{PLUGIN.name}")
            )

    def judge(sandbox: Sandbox, verdict: Verdict) -> None:
        _judge_queue(sandbox, verdict)
        for path in (sandbox.state / "jobs").glob("*.yaml"):
            verdict.add("lost", f"{path.name} is still there")

    return Scenario("drain of dropped files", prepare, drain, drain_all, judge)


def reclaim_scenario() -> Scenario:
    """`daybreak drain` of a queue in which a coordinator died that had both jobs, of which one was to be cancelled."""

    def prepare(sandbox: Sandbox) -> None:
        prepare_queue(sandbox)
        seat = sandbox.state / "jobs" / "active" / DEAD
        seat.mkdir(mode=0o700)
        for name in JOBS:
            (sandbox.state / "jobs" / "new" / f"{name}.json").rename(seat / f"{name}.json")
        (seat / "job-2.cancel").touch()

    return Scenario("drain after a crash", prepare, drain, drain_all, _judge_queue)


def submit_scenario() -> Scenario:
    """`daybreak submit` of two jobs, done again and then drained."""

    def command(sandbox: Sandbox) -> Command:
        return submit(sandbox, *JOBS)

    return Scenario("submit", write_queue_jobs, command, submit_and_drain_all, _judge_queue)


def action_scenario(action: str, *before: Callable[[Sandbox], Command]) -> Scenario:
    """`daybreak queue ACTION` of two jobs that were submitted and then `before`."""

    def prepare(sandbox: Sandbox) -> None:
        prepare_queue(sandbox)
        for command in before:
            _do(command(sandbox))

    def command(sandbox: Sandbox) -> Command:
        return act(sandbox, action)

    return Scenario(
        f"queue {action}", prepare, command, submit_and_drain_all, _judge_queue, executes_once=action != "cancel"
    )


def act(sandbox: Sandbox, action: str) -> Command:
    """`daybreak queue ACTION` of both jobs."""
    return queue_command(sandbox, "queue", action, *([] if action == "purge" else JOBS))


def interfered_scenario() -> Scenario:
    """`daybreak drain` of two jobs, beside which both are held, cancelled and purged, where that may be."""

    def beside(sandbox: Sandbox) -> list[Command]:
        return [act(sandbox, action) for action in ("hold", "cancel", "purge")]

    name = "drain, commands beside"
    return Scenario(name, prepare_queue, drain, submit_and_drain_all, _judge_queue, beside, executes_once=False)


QUEUE_SCENARIOS = (
    submit_scenario(),
    drain_scenario(),
    dropped_scenario(),
    reclaim_scenario(),
    serve_scenario(),
    action_scenario("hold"),
    action_scenario("release", lambda sandbox: act(sandbox, "hold")),
    action_scenario("cancel"),
    action_scenario("retry", lambda sandbox: act(sandbox, "cancel")),
    action_scenario("purge", drain),
    interfered_scenario(),
)

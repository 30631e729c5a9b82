"""What the campaign disturbs: a command, how it is started again, and what must come of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.checker import Verdict, digest_of
from tests.chaos.processes import Command
from tests.chaos.sandbox import ROOT, Sandbox


def nothing_more(sandbox: Sandbox, verdict: Verdict) -> None:
    """The traces say it all."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`command` is disturbed, `again` is what brings everything to its end afterwards.

    While the command is held, `beside` is run, by default the same as `again`; as nobody is killed then, each phase is
    to be executed once (`executes_once`), but where jobs are cancelled. `judge` adds what is wrong with the
    state that there is in the end, beyond the traces; `judge_stop` with the one after SIGTERM.
    """

    name: str
    prepare: Callable[[Sandbox], None]
    command: Callable[[Sandbox], Command]
    again: Callable[[Sandbox], Iterable[Command]]
    judge: Callable[[Sandbox, Verdict], None] = nothing_more
    beside: Callable[[Sandbox], Iterable[Command]] | None = None
    judge_stop: Callable[[Sandbox, Verdict], None] = nothing_more
    executes_once: bool = True

    def new_sandbox(self, folder: Path, root: Path = ROOT) -> Sandbox:
        sandbox = Sandbox(folder, root)
        sandbox.state.mkdir(parents=True)
        sandbox.write_inputs()
        self.prepare(sandbox)
        return sandbox


def digests(sandbox: Sandbox) -> dict[str, str]:
    """The digest of each trace by its name."""
    return {path.name: digest_of(path) for path in sorted(sandbox.traces.glob("*.jsonl"))}

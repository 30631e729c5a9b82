"""How far a run has come: its phases as stages of phases that are alike, and how long the rest may take."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.text_report import FAILED
from phase_worker.contract import PhaseState

_NUMBER = re.compile(r"-\d+$")


@dataclass(slots=True)
class Stage:
    """Phases of one name but for the number at its end, such as the tests of all windows."""

    name: str
    total: int = 0
    ended: int = 0
    failed: int = 0
    computed: int = 0
    wall_s: float = 0.0  # of the computed ones
    running: dict[tuple[str, str], float] = field(default_factory=dict)  # run, phase -> when it started

    @property
    def mean_s(self) -> float | None:
        """How long its phases take; None before the first has been computed."""
        return self.wall_s / self.computed if self.computed else None


class RunStages:
    """Counts what it is told of; times are seconds of any one clock."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.stages: dict[str, Stage] = {}

    def planned(self, phases: Iterable[str]) -> None:
        for phase in phases:
            self._of(phase).total += 1

    def started(self, phase: str, now_s: float, run: str = "") -> None:
        """Of several runs, each phase is counted with those of its name."""
        self._of(phase).running[run, phase] = now_s

    def ended(self, phase: str, state: PhaseState, now_s: float, run: str = "") -> None:
        """A phase without a start was done before, or cannot run: its time says nothing of the others'."""
        stage = self._of(phase)
        stage.ended += 1
        stage.failed += state in FAILED
        if (started_s := stage.running.pop((run, phase), None)) is not None:
            stage.computed += 1
            stage.wall_s += now_s - started_s

    @property
    def total(self) -> int:
        return sum(stage.total for stage in self.stages.values())

    @property
    def done(self) -> int:
        return sum(stage.ended for stage in self.stages.values())

    @property
    def failed(self) -> int:
        return sum(stage.failed for stage in self.stages.values())

    @property
    def running(self) -> int:
        return sum(len(stage.running) for stage in self.stages.values())

    def left_s(self, now_s: float) -> float | None:
        """How long the rest takes if every phase takes what its stage's took so far, in all slots; None if unknown.

        Of a stage that has computed none, a phase counts as the mean of all others', or as its longest takes already.
        """
        computed = sum(stage.computed for stage in self.stages.values())
        if not computed:
            return None
        overall_s = sum(stage.wall_s for stage in self.stages.values()) / computed
        work_s = 0.0
        for stage in self.stages.values():
            taken_s = [now_s - started_s for started_s in stage.running.values()]
            mean_s = stage.mean_s or max(overall_s, *taken_s, 0.0)
            work_s += mean_s * (stage.total - stage.ended) - sum(min(mean_s, each_s) for each_s in taken_s)
        return work_s / max(1, min(self.slots, self.total - self.done))

    def _of(self, phase: str) -> Stage:
        name = _NUMBER.sub("", phase)
        return self.stages.setdefault(name, Stage(name))
